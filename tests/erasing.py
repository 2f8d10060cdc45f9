"""A person with something in every table, and the search for what is left of them."""
# ruff: noqa: S608 - the names of tables are the models' own

from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import text

from app.core.clock import now
from app.core.db import Database
from app.domain.resources import ResourceState
from app.models import Base
from app.workers import relay
from tests.profiles import id_number, wish_for_correction
from tests.routers.test_consents import become_minor, given, guard
from tests.services.rows_resources import put_resource
from tests.stories.steps import AT_HOME, act, only_order, submitted
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
    "suspension": "我腰椎手术要停一周",
    "approved": "我去呼市复查三天",
    "denial": "他的腰不碍事",
    "decision": "复查要紧，同意",
    "evidence": "签到表第十九页有他手印",
    "reversal": "他当天其实在住院",
    "question": "您是不是三单元那位老人",
    "sheet": "同意书第0093号他儿子代签",
    "ties": "监护人失联，改由奶奶照看",
    "ward": "户口簿第七页父女",
    "offered": "我会修马头琴祖传手艺",
    "unable": "那天我要去看眼睛",
    "laid_down": "手抖得修不了琴了",
    "not_taken": "他家的管子是老铸铁的",
    "not_wanted": "他的手抖得厉害",
    "reopening": "跟我家漏的是同一根管",
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
    await act(world, "member1", order, "start", position=AT_HOME)
    await finish(world, order, result=f"已修好：{TRACES['details']}")
    await act(world, who, order, "confirm", rating=5, words=TRACES["rating"])
    await world.ok(who, "POST", f"/v1/needs/{need['id']}/confirm", json={"words": TRACES["rating"]})
    await _add_hours(world, order)
    return need


async def finish(world: World, order: Any, result: str) -> None:
    """member1 checks out and reports."""
    mine = (await world.ok("member1", "GET", "/v1/assignments", params={"mine": True}))["items"][0]
    await world.ok("member1", "POST", f"/v1/assignments/{mine['id']}/check-out", json={})
    await act(world, "member1", order, "report", result=result)


async def _add_hours(world: World, order: Any) -> None:
    """An hour of member1, entered later with evidence."""
    await supplement(world, order, hours_ago=2, evidence="签字表")


async def supplement(world: World, order: Any, *, hours_ago: int, evidence: str) -> Any:
    """An hour of member1 on an order, written down afterwards."""
    start = now() - timedelta(hours=hours_ago)
    form = {
        "order_id": order["id"],
        "person_id": str(world.people["member1"]),
        "served_from": start.isoformat(),
        "served_until": (start + timedelta(hours=1)).isoformat(),
        "evidence": evidence,
    }
    return await world.ok("grid", "POST", "/v1/hours", json=form)


async def ask_for_leave(world: World, order: Any) -> None:
    """The holder of a started order asks to suspend it, is denied, asks again and is allowed; then goes on and ends it."""
    for words, verdict, answer in (
        (TRACES["suspension"], "deny", TRACES["denial"]),
        (TRACES["approved"], "grant", TRACES["decision"]),
    ):
        await act(world, "member1", order, "suspend", reason="other", words=words)
        asked = (await world.ok("community", "GET", "/v1/approvals", params={"state": "pending"}))["items"]
        await world.ok("community", "POST", f"/v1/approvals/{asked[0]['id']}/{verdict}", json={"words": answer})
    await act(world, "member1", order, "resume")
    await act(world, "member1", order, "report", result="已修好")
    await act(world, "resident1", order, "confirm", rating=5)


async def offer_and_withdraw(world: World, who: str) -> None:
    """Something of theirs is listed and booked; they cancel the booking, and give it up, and say why."""
    home = {"place_id": str(world.places["home1"]), "service_place_id": str(world.places["community"])}
    kind = {"kind": "expertise", "categories": ["culture"], "quantity": 1, "unit": "人"}
    form = home | kind | {"name": TRACES["offered"], "details": TRACES["offered"]}
    form["categories"] = ["culture", "repair.plumbing"]
    path = f"/v1/resources/{(await world.ok(who, 'POST', '/v1/resources', json=form))['id']}"
    await world.ok("grid", "POST", f"{path}/publish", json={})
    need = await submitted(world, "resident2", place_id=str(world.places["home2"]))
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    await dismissed(world, need, TRACES["not_wanted"])
    start = now() + timedelta(days=1)
    span = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}
    wish = {"resource_id": path.rpartition("/")[2], "purpose": "need", "purpose_id": need["id"]} | span
    booking = await world.ok("grid", "POST", "/v1/bookings", json=wish)
    await world.ok(who, "POST", f"/v1/bookings/{booking['id']}/cancel", json={"words": TRACES["unable"]})
    await world.ok(who, "POST", f"{path}/withdraw", json={"words": TRACES["laid_down"]})


async def dismissed(world: World, need: Any, words: str) -> None:
    """The best resource for a need is not taken up, and somebody says why."""
    found = await world.ok("grid", "POST", "/v1/match-runs", json={"need_id": need["id"]})
    form = {"reason": "unsuitable", "words": words}
    await world.ok("grid", "POST", f"/v1/matches/{found['matches'][0]['id']}/dismiss", json=form)


async def ask_and_take_nothing(world: World, owner: Database, who: str) -> None:
    """A need of theirs for which something of a unit's was proposed, and not taken."""
    need = await submitted(world, who, title=TRACES["title"], details=TRACES["details"])
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/accept", json={"auto_offer": False})
    async with owner.transaction(world.district_id) as session:
        await put_resource(session, world, ResourceState.LISTED)
    await dismissed(world, need, TRACES["not_taken"])
    await world.ok(who, "POST", f"/v1/needs/{need['id']}/withdraw", json={"words": "不用了"})


async def question_about(world: World, app: FastAPI, who: str) -> Any:
    """Somebody else submits a need for them, the community asks back, and everybody is told."""
    need = await submitted(world, "grid", asker_id=str(world.people[who]))
    await world.ok("community", "POST", f"/v1/needs/{need['id']}/ask", json={"question": TRACES["question"]})
    await relay.relay_district(app.state.database, world.district_id)
    return need


async def answer_for_a_ward(world: World, owner: Database, who: str) -> None:
    """Guardian of ``nobody`` for a while, on evidence."""
    await become_minor(world, owner, "nobody")
    tie = await guard(world, "nobody", who, TRACES["ward"])
    await world.ok("community", "POST", f"/v1/guardianships/{tie['id']}/end", json={"words": TRACES["ties"]})


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
