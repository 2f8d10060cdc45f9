"""What the organizations of a community with a plan offer, listed and ready to be booked."""

from collections.abc import Iterator
from typing import Any

from app.core.ids import seeded_id
from app.domain.resources import REMIND_DAYS, ResourceState
from app.schemas.seeds import ResourcePlan
from app.services.seeding_files import SeedRefused
from app.services.seeding_places import SeededCommunity, SeededPlace

Row = dict[str, Any]


def resources(district: int, grounds: tuple[SeededCommunity, ...], known: set[str], stamp: Row) -> list[Row]:
    """Rows of resources. Raises SeedRefused for one that serves what the catalogue does not have."""
    return [_row(district, ground, form, known, stamp) for ground in grounds for form in ground.plan.resources]


def windows(district: int, grounds: tuple[SeededCommunity, ...]) -> list[Row]:
    return [row for ground in grounds for form in ground.plan.resources for row in _windows(district, ground, form)]


def _identity(ground: SeededCommunity, form: ResourcePlan) -> Any:
    return seeded_id("resource", ground.community.path, form.code)


def _row(district: int, ground: SeededCommunity, form: ResourcePlan, known: set[str], stamp: Row) -> Row:
    if unknown := set(form.categories) - known:
        raise SeedRefused(f"resource {form.code}: the catalogue does not have {', '.join(sorted(unknown))}")
    place = _place(ground, form)
    lon, lat = place.at or (None, None)
    return {
        "district_id": district,
        "id": _identity(ground, form),
        "state": ResourceState.LISTED,
        "organization_id": seeded_id("organization", ground.community.path, form.organization),
        **form.model_dump(include={"kind", "nature", "name", "details", "quantity", "unit"}),
        "categories": list(form.categories),
        "reserved": 0,
        "place_id": place.id,
        "path": place.path,
        "community_id": place.community_id,
        "grid_id": place.grid_id,
        "lon": lon,
        "lat": lat,
        "service_place_id": ground.community.id,
        "service_path": ground.community.path,
        "starts_at": stamp["created_at"],
        "remind_days": REMIND_DAYS,
        **stamp,
    }


def _place(ground: SeededCommunity, form: ResourcePlan) -> SeededPlace:
    grids = {grid.grid.code: grid.grid for grid in ground.grids}
    return grids[form.grid] if form.grid else ground.community


def _windows(district: int, ground: SeededCommunity, form: ResourcePlan) -> Iterator[Row]:
    for window in form.windows:
        own = _identity(ground, form)
        yield {
            "district_id": district,
            "id": seeded_id("resource-window", own, window.weekday, window.from_minute),
            "resource_id": own,
            **window.model_dump(),
        }
