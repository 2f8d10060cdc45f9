"""Steps of stories about a project's money."""

from typing import Any

import httpx

from app.core.clock import today
from app.core.ids import new_id
from tests.worlds import World


async def line(world: World, project: Any, amount_fen: int, **more: Any) -> Any:
    form = {"project_id": project["id"], "purpose": "灯具", "source": "community", "amount_fen": amount_fen}
    return await world.ok("community", "POST", "/v1/budget-lines", json=form | more)


async def line_now(world: World, found: Any) -> tuple[int, int, int]:
    """What the line has, what waits, and what is spent."""
    shown = await world.ok("community", "GET", f"/v1/budget-lines/{found['id']}")
    return shown["amount_fen"], shown["reserved_fen"], shown["spent_fen"]


def paper(**more: Any) -> dict[str, Any]:
    return {"number": new_id().hex, "dated_on": today().isoformat(), "evidence_digest": "9f" * 32} | more


async def enter(world: World, found: Any, amount_fen: int, who: str = "liaison", **more: Any) -> httpx.Response:
    form = paper(line_id=found["id"], payee="青城五金商行", amount_fen=amount_fen, **more)
    return await world.call(who, "POST", "/v1/vouchers", json=form)


async def entered(world: World, found: Any, amount_fen: int, who: str = "liaison", **more: Any) -> Any:
    answer = await enter(world, found, amount_fen, who, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def decide(world: World, voucher: Any, action: str, who: str = "community", **form: Any) -> httpx.Response:
    return await world.call(who, "POST", f"/v1/vouchers/{voucher['id']}/{action}", json=form)


async def booked(world: World, found: Any, amount_fen: int) -> Any:
    voucher = await entered(world, found, amount_fen)
    answer = await decide(world, voucher, "approve")
    assert answer.status_code == 200, answer.text
    return answer.json()
