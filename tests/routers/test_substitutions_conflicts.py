"""What lending opens, closed again: nobody decides by a lent role what they, or whoever lent it, have asked for."""

from typing import Any

from app.core.clock import now
from tests.budgets import decide, entered, line
from tests.projects import running
from tests.routers.authority import HOUR, give
from tests.routers.test_substitutions import DAY, arrange
from tests.stories.steps import AT_HOME, accepted_need, act, only_order, taken
from tests.worlds import World

PLAN = {"obstacle": "缺材料", "measures": "已订购"}


def plan() -> dict[str, str]:
    return PLAN | {"until": (now() + DAY).isoformat()}


async def pending(world: World) -> Any:
    (found,) = (await world.ok("district", "GET", "/v1/approvals", params={"state": "pending"}))["items"]
    return found


async def decided(world: World, who: str, approval: Any, verb: str = "grant") -> tuple[int, str]:
    form = {} if verb == "grant" else {"words": "不必"}
    answer = await world.call(who, "POST", f"/v1/approvals/{approval['id']}/{verb}", json=form)
    return answer.status_code, answer.json().get("code", "")


async def test_a_lent_role_does_not_approve_ones_own_wish(world: World) -> None:
    """A grid worker who stands in for the subdistrict asks like any grid worker, and cannot answer themselves."""
    await arrange(world, "subdistrict", "grid")
    need = await accepted_need(world)
    answer = await world.ok("grid", "POST", f"/v1/needs/{need['id']}/plan", json=plan())
    assert answer["state"] == "accepted", "asked for, not done"
    request = await pending(world)
    for verb in ("grant", "deny"):
        assert await decided(world, "grid", request, verb) == (403, "forbidden")
    assert (await decided(world, "district", request))[0] == 200
    assert (await world.ok("grid", "GET", f"/v1/needs/{need['id']}"))["state"] == "planned"


async def test_a_role_of_ones_own_still_does(world: World) -> None:
    await give(world, "security", "grid", "subdistrict_admin", "subdistrict")
    need = await accepted_need(world)
    assert (await world.ok("grid", "POST", f"/v1/needs/{need['id']}/plan", json=plan()))["state"] == "planned"


async def test_nor_on_an_order(world: World) -> None:
    await arrange(world, "community", "grid")
    order = await only_order(world, await accepted_need(world, category="other"))
    form = {"reason": "legal_bar", "words": "无法入户"}
    assert (await act(world, "grid", order, "terminate", **form))["state"] == "open"
    request = await pending(world)
    assert await decided(world, "grid", request) == (403, "forbidden")
    assert (await decided(world, "community", request))[0] == 200


async def test_a_substitute_approves_what_others_asked(world: World) -> None:
    await arrange(world, "subdistrict", "community")
    need = await accepted_need(world)
    await world.ok("grid", "POST", f"/v1/needs/{need['id']}/plan", json=plan())
    assert (await decided(world, "community", await pending(world)))[0] == 200


async def test_a_substitute_does_not_approve_what_the_absent_asked(world: World) -> None:
    """The subdistrict administrator serves as a member, asks for time, and leaves: their own role must not answer."""
    await give(world, "community", "subdistrict", "party_member", "community")
    order = await only_order(world, await accepted_need(world, category="other"))
    await act(world, "grid", order, "offer", person_id=str(world.people["subdistrict"]))
    await act(world, "subdistrict", order, "accept")
    await act(world, "subdistrict", order, "start", position=AT_HOME)
    assert (await act(world, "subdistrict", order, "plan", **plan()))["state"] == "in_progress"
    request = await pending(world)
    await arrange(world, "subdistrict", "community", ends_at=now() + HOUR)
    for verb in ("grant", "deny"):
        assert await decided(world, "community", request, verb) == (403, "forbidden")
    assert (await decided(world, "district", request))[0] == 200


async def test_a_voucher_is_not_approved_by_a_role_its_enterer_lent(world: World) -> None:
    found = await line(world, await running(world, budget_fen=1_000), 1_000)
    mine, theirs = await entered(world, found, 100, "community"), await entered(world, found, 100, "liaison")
    await arrange(world, "community", "grid")
    shown = await world.ok("grid", "GET", f"/v1/vouchers/{mine['id']}")
    assert shown["actions"] == []
    assert (await decide(world, mine, "approve", "grid")).status_code == 403
    assert (await decide(world, theirs, "approve", "grid")).status_code == 200
    assert (await decide(world, mine, "approve", "subdistrict")).status_code == 200


async def test_a_unit_does_not_judge_its_own_objection(world: World) -> None:
    order = await only_order(world, await accepted_need(world, category="other"))
    await act(world, "community", order, "assign", organization_id=str(world.units["department"]))
    await act(world, "department", order, "object", ground="not_our_duty", basis="不属本部门职责")
    await arrange(world, "subdistrict", "department")
    for verb in ("uphold", "overrule"):
        answer = await world.call("department", "POST", f"/v1/orders/{order['id']}/{verb}", json={"words": "成立"})
        assert answer.status_code == 403, verb
    assert (await act(world, "subdistrict", order, "uphold", words="成立"))["state"] == "open"


async def test_hours_are_not_confirmed_or_reversed_by_whoever_entered_them(world: World) -> None:
    order = await taken(world, "member2")
    begun = now() - 2 * HOUR
    form = {"order_id": order["id"], "person_id": str(world.people["member2"]), "evidence": "签字表"}
    form |= {"served_from": begun.isoformat(), "served_until": (begun + HOUR).isoformat()}
    entry = await world.ok("grid", "POST", "/v1/hours", json=form)
    await arrange(world, "community", "grid")
    path = f"/v1/hours/{entry['id']}"
    assert (await world.call("grid", "POST", f"{path}/confirm", json={})).status_code == 403
    await world.ok("community", "POST", f"{path}/confirm", json={})
    assert (await world.call("grid", "POST", f"{path}/reverse", json={"reason": "有误"})).status_code == 403
    assert (await world.call("subdistrict", "POST", f"{path}/reverse", json={"reason": "有误"})).status_code == 200
