"""Steps of stories about who people are: identity numbers that can be, records, consents, hours."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id
from app.domain.consents import GivenBy, LegalBasis, Purpose
from app.domain.identity_numbers import check_character
from app.models import Consent, Organization, PrivacyNotice
from tests.stories.steps import taken
from tests.worlds import World


def id_number(born: str = "1958-03-07", sequence: int = 101, region: str = "150103") -> str:
    """A number that can be one; an odd sequence is a man's."""
    first = f"{region}{born.replace('-', '')}{sequence:03d}"
    return first + check_character(first)


async def person(world: World, who: str = "grid", **fields: Any) -> dict[str, Any]:
    """Somebody recorded by staff."""
    form = {"name": "其木格", "place_id": str(world.places["home2"])} | fields
    found: dict[str, Any] = await world.ok(who, "POST", "/v1/people", json=form)
    return found


async def tag_of(world: World, who: str, path: str) -> dict[str, str]:
    """The If-Match of what somebody sees."""
    answer = await world.call(who, "GET", path)
    assert answer.is_success, answer.text
    return {"if-match": answer.headers["etag"]}


async def wish_for_correction(world: World, who: str, words: str = "手机号换了") -> None:
    """Their own request, on which staff may change the phone somebody signs in with."""
    await world.ok(who, "POST", "/v1/rights-requests", json={"kind": "correction", "words": words})


async def consent(world: World, owner: Database, person_id: UUID | str, purpose: Purpose, **columns: Any) -> UUID:
    """A basis on record, as signed on paper."""
    async with owner.transaction(world.district_id) as session:
        notice = await session.scalar(
            select(PrivacyNotice.id).where(
                PrivacyNotice.district_id == world.district_id, PrivacyNotice.purpose == purpose
            )
        )
        row = Consent(
            district_id=world.district_id,
            id=new_id(),
            person_id=UUID(str(person_id)),
            purpose=purpose,
            basis=LegalBasis.CONSENT,
            notice_id=notice,
            separate=True,
            given_by=GivenBy.STAFF,
            giver_id=world.people["grid"],
            evidence="同意书 001",
            path=world.paths["home2"],
        )
        for name, value in columns.items():
            setattr(row, name, value)
        session.add(row)
        await session.flush()
        found: UUID = row.id
        return found


async def unit(world: World, owner: Database, kind: str) -> UUID:
    """An organization of the community."""
    row = Organization(
        district_id=world.district_id,
        id=new_id(),
        kind=kind,
        name=f"测试{kind}",
        place_id=world.places["community"],
        path=world.paths["community"],
        community_id=world.places["community"],
        joint_committee=False,
    )
    async with owner.transaction(world.district_id) as session:
        session.add(row)
    return row.id


async def served(world: World, who: str, minutes: int, days_ago: int = 2) -> dict[str, Any]:
    """Confirmed minutes on an order of somebody's own."""
    order = await taken(world, who)
    start = now() - timedelta(days=days_ago)
    form = {
        "order_id": order["id"],
        "person_id": str(world.people[who]),
        "served_from": start.isoformat(),
        "served_until": (start + timedelta(minutes=minutes)).isoformat(),
        "evidence": "签到表",
    }
    entry: dict[str, Any] = await world.ok("grid", "POST", "/v1/hours", json=form)
    await world.ok("community", "POST", f"/v1/hours/{entry['id']}/confirm", json={})
    return entry


async def roles_of(world: World, who: str) -> list[str]:
    """The roles somebody holds at this moment, as they see them."""
    me = await world.ok(who, "GET", "/v1/me")
    return sorted(grant["role"] for grant in me["grants"])


async def let_read(world: World, who: str, minor: Any, by: str = "community") -> None:
    """Another administrator approves that somebody reads a minor's record."""
    form = {"why": "核实补助材料"}
    asked = await world.ok(who, "POST", f"/v1/people/{minor}/request-reading", json=form)
    await world.ok(by, "POST", f"/v1/approvals/{asked['id']}/grant", json={})


async def merge(world: World, one: Any, into: Any, who: str = "community") -> httpx.Response:
    """Ask for two records to become one."""
    form = {"into_id": str(into), "words": "核对身份证，同一人"}
    return await world.call(who, "POST", f"/v1/people/{one}/merge", json=form)


async def merged(world: World, one: str, into: str) -> dict[str, Any]:
    """Two people of the world who turn out to be one."""
    answer = await merge(world, world.people[one], world.people[into])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
