"""A person with something in every table, and the search for what is left of them."""
# ruff: noqa: S608 - the names of tables are the models' own

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.core.clock import now
from app.core.db import Database
from app.models import Base
from tests.profiles import id_number, wish_for_correction
from tests.routers.test_consents import given
from tests.stories.steps import act, only_order, submitted
from tests.worlds import World

NUMBER = id_number()
TRACES = {
    "name": "赵青山甲",
    "phone": "19912340987",
    "id_number": NUMBER,
    "address": "青山路八十八号后院",
    "care": "对青霉素严重过敏史",
    "title": "我家暖气片漏水了",
    "details": "敲门请敲三下，我耳背",
    "rating": "小王师傅修得利索",
    "certificate": "蒙护字第0471号",
    "request": "请把我的全部信息删掉吧",
}
"""What is nowhere to be found afterwards."""


async def record(world: World, who: str) -> None:
    """Write down who they are, through the front door."""
    path = f"/v1/people/{world.people[who]}"
    form = {name: TRACES[name] for name in ("name", "phone", "id_number", "address")}
    await wish_for_correction(world, who, TRACES["request"])
    version = (await world.call("community", "GET", path)).headers["etag"]
    await world.ok("community", "PATCH", path, json=form, headers={"if-match": version})


async def care_for(world: World, who: str) -> None:
    await given(world, who, "health")
    form = {"person_id": str(world.people[who]), "kind": "allergy", "text": TRACES["care"]}
    await world.ok("community", "POST", "/v1/care-facts", json=form)


async def ask_and_be_served(world: World, who: str) -> Any:
    """A need of theirs from asking to rating."""
    need = await submitted(world, who, title=TRACES["title"], details=TRACES["details"], risks=TRACES["details"])
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    order = await only_order(world, need)
    await act(world, "grid", order, "publish")
    await act(world, "member1", order, "take")
    await act(world, "member1", order, "start", position={"lon": 111.651, "lat": 40.82, "datum": "wgs84"})
    mine = (await world.ok("member1", "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    await world.ok("member1", "POST", f"/v1/assignments/{mine['id']}/check-out", json={})
    await act(world, "member1", order, "report", result=f"已修好：{TRACES['details']}")
    await act(world, who, order, "confirm", rating=5, words=TRACES["rating"])
    await world.ok(who, "POST", f"/v1/needs/{need['id']}/confirm", json={"words": TRACES["rating"]})
    await _add_hours(world, order)
    return need


async def _add_hours(world: World, order: Any) -> None:
    """An hour of member1, entered later with evidence."""
    start = now() - timedelta(hours=2)
    form = {
        "order_id": order["id"],
        "person_id": str(world.people["member1"]),
        "served_from": start.isoformat(),
        "served_until": (start + timedelta(hours=1)).isoformat(),
        "evidence": "签字表",
    }
    await world.ok("grid", "POST", "/v1/hours", json=form)


async def ask_to_be_erased(world: World, who: str) -> Any:
    form = {"kind": "deletion", "words": TRACES["request"]}
    return await world.ok(who, "POST", "/v1/rights-requests", json=form)


async def erased(world: World, who: str) -> Any:
    request = await ask_to_be_erased(world, who)
    return await world.ok(
        "community", "POST", f"/v1/rights-requests/{request['id']}/complete", json={"words": "已删除"}
    )


async def left(owner: Database, district_id: int) -> dict[str, set[str]]:
    """Trace → the tables of the district where it stands, in whatever column: as text, in JSON, or as bytes."""
    found: dict[str, set[str]] = {}
    async with owner.transaction(district_id) as session:
        for table in Base.metadata.sorted_tables:
            key = "id" if table.name == "districts" else "district_id"
            rows = text(f'SELECT row_to_json(t)::text FROM "{table.name}" t WHERE {key} = :district')
            everything = "\n".join(await session.scalars(rows, {"district": district_id}))
            for name, value in TRACES.items():
                if value in everything or value.encode().hex() in everything:
                    found.setdefault(name, set()).add(table.name)
    return found


async def ledger(owner: Database, district_id: int) -> list[tuple[UUID, str, int]]:
    """Minutes by person and account: what came in less what went out."""
    query = text("""
SELECT person_id, account, sum(minutes)::int FROM (
  SELECT person_id, credit AS account, minutes FROM hour_entries WHERE district_id = :district
  UNION ALL SELECT person_id, debit, -minutes FROM hour_entries WHERE district_id = :district) moved
GROUP BY 1, 2 ORDER BY 1, 2""")
    async with owner.transaction(district_id) as session:
        return [tuple(row) for row in await session.execute(query, {"district": district_id})]
