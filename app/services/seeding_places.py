"""The places of a district, from its files: the tree of divisions, and the inside of the communities that have a plan."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.core.ids import seeded_id
from app.core.polygons import Position, Ring, centre, contains, opened
from app.domain.places import MAY_STAND_UNDER, PlaceKind, child_path
from app.schemas.seeds import CommunityPlan, CompoundPlan, GridPlan
from app.services.seeding_files import DistrictFiles, Division, SeedRefused
from app.services.seeding_sites import along, sites


@dataclass(frozen=True, slots=True)
class SeededPlace:
    """A place to be written, with what its children need of it."""

    id: UUID
    kind: PlaceKind
    parent_id: UUID | None
    code: str
    name: str
    path: str
    community_id: UUID | None
    grid_id: UUID | None
    at: Position | None
    source: str
    edition_year: int | None = None
    boundary: Ring | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    """Further columns: those of a compound."""


@dataclass(frozen=True, slots=True)
class SeededGrid:
    """A grid with its buildings and households, for those who look for a home."""

    grid: SeededPlace
    buildings: tuple[SeededPlace, ...]
    households: tuple[SeededPlace, ...]

    def doors_of(self, building: SeededPlace) -> list[SeededPlace]:
        return [household for household in self.households if household.path.startswith(building.path)]


@dataclass(frozen=True, slots=True)
class SeededCommunity:
    plan: CommunityPlan
    district: SeededPlace
    subdistrict: SeededPlace
    community: SeededPlace
    grids: tuple[SeededGrid, ...]
    number: int
    """Of the community within the district's list; no two communities share one."""


@dataclass(frozen=True, slots=True)
class SeededDistrict:
    """Every place, parents before children, and the communities with a plan."""

    places: tuple[SeededPlace, ...]
    communities: tuple[SeededCommunity, ...]


def child(parent: SeededPlace, kind: PlaceKind, code: str, name: str, at: Position | None, **more: Any) -> SeededPlace:
    """A place under another; a kind that may not stand there is refused."""
    if parent.kind not in MAY_STAND_UNDER[kind]:
        raise SeedRefused(f"{parent.path}{code}: a {kind} may not stand under a {parent.kind}.")
    path = child_path(parent.path, code)
    own = seeded_id("place", path)
    return SeededPlace(
        id=own,
        kind=kind,
        parent_id=parent.id,
        code=code,
        name=name,
        path=path,
        community_id=own if kind is PlaceKind.COMMUNITY else parent.community_id,
        grid_id=own if kind is PlaceKind.GRID else parent.grid_id,
        at=at,
        source=more.pop("source", parent.source),
        **more,
    )


def lay_out(files: DistrictFiles) -> SeededDistrict:
    """The whole district. Raises SeedRefused when a plan does not fit its ground."""
    plans = {plan.code: plan for plan in files.plans}
    outline = files.outline
    by_code: dict[str, SeededPlace] = {}
    inside: list[SeededPlace] = []
    communities: list[SeededCommunity] = []
    for division in files.divisions:
        plan = plans.get(division.code)
        if division.kind is PlaceKind.DISTRICT:
            spot = _root(division, outline.ring if outline else None, outline.centre if outline else None)
        else:
            spot = _division(division, by_code[division.parent_code], plan)
        by_code[division.code] = spot
        if plan:
            grids = tuple(_lay_out_grid(spot, grid, plan, inside) for grid in plan.grids)
            above = by_code[division.parent_code]
            communities.append(SeededCommunity(plan, by_code[files.code], above, spot, grids, division.number))
    return SeededDistrict((*by_code.values(), *inside), tuple(communities))


def _root(division: Division, ring: Ring | None, at: Position | None) -> SeededPlace:
    path = child_path("", division.code)
    return SeededPlace(
        id=seeded_id("place", path),
        kind=PlaceKind.DISTRICT,
        parent_id=None,
        code=division.code,
        name=division.name,
        path=path,
        community_id=None,
        grid_id=None,
        at=at,
        source=division.source,
        edition_year=division.edition_year,
        boundary=ring,
    )


def _division(division: Division, parent: SeededPlace, plan: CommunityPlan | None) -> SeededPlace:
    return child(
        parent,
        division.kind,
        division.code,
        division.name,
        plan.centre if plan else None,
        source=division.source,
        edition_year=division.edition_year,
        boundary=opened(plan.boundary) if plan else None,
    )


def _lay_out_grid(community: SeededPlace, form: GridPlan, plan: CommunityPlan, inside: list[SeededPlace]) -> SeededGrid:
    """Append the grid and all below it to ``inside``."""
    ring = opened(form.boundary)
    single = [*form.office_buildings, *form.shops, *form.venues]
    needed = sum(compound.buildings for compound in form.compounds) + len(single)
    try:
        free = iter(sites(ring, needed + 1))
    except ValueError as error:
        raise SeedRefused(f"community-{plan.code}.json, grids.{form.code}: {error}.") from None
    middle = centre(ring)
    at = middle if contains(ring, middle) else next(free)
    grid = child(community, PlaceKind.GRID, form.code, form.name, at, source=plan.source, boundary=ring)
    inside.append(grid)
    below = [spot for compound in form.compounds for spot in _compound(grid, compound, ring, free)]
    inside += below
    inside += _single(grid, form, free)
    return SeededGrid(
        grid,
        tuple(spot for spot in below if spot.kind is PlaceKind.BUILDING),
        tuple(spot for spot in below if spot.kind is PlaceKind.HOUSEHOLD),
    )


def _compound(grid: SeededPlace, form: CompoundPlan, ring: Ring, free: Iterator[Position]) -> list[SeededPlace]:
    places = [next(free) for _ in range(form.buildings)]
    kinds = {"compound_kind": form.kind, "property_management": form.property_management}
    middle = places[len(places) // 2]
    compound = child(grid, PlaceKind.COMPOUND, form.code, form.name, middle, extra=kinds)
    found = [compound]
    for number, at in enumerate(places, start=1):
        building = child(compound, PlaceKind.BUILDING, f"B{number:02d}", f"{number}号楼", at)
        found.append(building)
        for entry in range(form.entrances):
            found += _entrance(building, form, entry, along(at, ring, entry, form.entrances))
    return found


def _entrance(building: SeededPlace, form: CompoundPlan, number: int, at: Position) -> list[SeededPlace]:
    entrance = child(building, PlaceKind.ENTRANCE, f"E{number + 1}", f"{number + 1}单元", at)
    doors = [f"{storey}{door:02d}" for storey in range(1, form.storeys + 1) for door in range(1, form.doors + 1)]
    return [entrance, *(child(entrance, PlaceKind.HOUSEHOLD, door, f"{door}室", at) for door in doors)]


def _single(grid: SeededPlace, form: GridPlan, free: Iterator[Position]) -> Iterator[SeededPlace]:
    """Places that stand alone in the grid: office buildings, shops, venues."""
    for kind, letter, names in (
        (PlaceKind.OFFICE_BUILDING, "W", form.office_buildings),
        (PlaceKind.SHOP, "S", form.shops),
        (PlaceKind.VENUE, "V", form.venues),
    ):
        for number, name in enumerate(names, start=1):
            yield child(grid, kind, f"{letter}{number:02d}", name, next(free))
