"""点单 → 受理 → 派单 → 婉拒 → 接单 → 签到 → 签退 → 报告 → 评单 → 时长: the scenes, one function each.

Whom to ask is the system's own choice; on a fresh seed it is the neighbours next door, who have demo accounts. Should it
ask somebody without one, nobody here could answer for them, and the grid worker asks the demo neighbours by name instead.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.clock import CHINA
from demo.callers import Caller, Refused, StoryFailed
from demo.telling import Teller

TITLE = "厨房水管漏水（演示）"
DETAILS = "厨房水池下面的水管一直滴水，垫了盆也接不住，怕泡了楼下邻居家。"
RESULT = "换了一节老化的软管，拧紧接头，试水不再渗漏。"
THANKS = "来得快，干得细，临走还把地擦干净了。谢谢好邻居！"
WORK = ("关上水阀，腾空水池下面的柜子……", "拆下老化的软管……", "换上新软管，拧紧接头……", "开阀试水，一滴不漏……")


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: the helpers are the demo neighbours the system may ask."""

    resident: Caller
    community: Caller
    grid: Caller
    helpers: tuple[Caller, ...]


class Stranger(Exception):
    """The system asked somebody without a demo account."""


def tell(cast: Cast, teller: Teller, seconds: float) -> None:
    """The whole loop; ``seconds`` is how long the service takes. Raises StoryFailed."""
    tidy(cast.resident, teller)
    try:
        order, helper = dispatched_by_the_system(cast, teller)
    except Stranger as stranger:
        teller.note(f"系统这次先想到的是{stranger}，这位邻居没有演示账号，我们不能替人答复。")
        teller.note("那就撤回重来：这一次由网格员指名邀请有演示账号的邻居。")
        tidy(cast.resident, teller)
        order, helper = dispatched_by_name(cast, teller)
    serve(helper, order, teller, seconds)
    rate(cast.resident, order, teller)
    confirm_hours(cast.grid, helper, order, teller)


def tidy(resident: Caller, teller: Teller) -> None:
    """Bring to an end what a telling that was broken off has left: so it can be told any number of times."""
    for state in ("submitted", "accepted", "in_service", "met"):
        for need in resident.items("/v1/needs", mine=True, state=state):
            if need["title"] == TITLE:
                _put_away(resident, need)
                teller.note(f"（收好上一次没走完的演示：需求 {need['id']}）")


def _put_away(resident: Caller, need: dict[str, Any]) -> None:
    path = f"/v1/needs/{need['id']}"
    for order in resident.items("/v1/orders", need_id=need["id"], mine=True):
        if order["state"] == "reported":
            resident.post(f"/v1/orders/{order['id']}/confirm", rating=5)
    now = resident.get(path)
    resident.post(f"{path}/confirm" if now["state"] == "met" else f"{path}/withdraw")


def dispatched_by_the_system(cast: Cast, teller: Teller) -> tuple[dict[str, Any], Caller]:
    """Asked, declined, asked the next, accepted. Raises Stranger."""
    order = ask_and_accept(cast, teller, auto_offer=True)
    teller.scene("网格派单：系统先邀请谁")
    first = asked(cast, order, teller)
    decline(first, order, teller)
    teller.note("系统马上邀请下一位，不用谁再操心：")
    second = asked(cast, order, teller)
    return accept(second, order, teller), second


def dispatched_by_name(cast: Cast, teller: Teller) -> tuple[dict[str, Any], Caller]:
    order = ask_and_accept(cast, teller, auto_offer=False)
    teller.scene("网格派单：网格员指名邀请")
    first = ask_by_name(cast, order, teller, cast.helpers)
    decline(first, order, teller)
    others = tuple(helper for helper in cast.helpers if helper is not first)
    second = ask_by_name(cast, order, teller, others)
    return accept(second, order, teller), second


def ask_and_accept(cast: Cast, teller: Teller, *, auto_offer: bool) -> dict[str, Any]:
    """The need is asked for and taken up; the order that came of it."""
    resident, community = cast.resident, cast.community
    teller.scene("群众点单")
    form = {"title": TITLE, "details": DETAILS, "category": "repair.plumbing", "place_id": resident.me["place_id"]}
    need = resident.post("/v1/needs", **form)
    teller.say(f"{resident}，家住{address(resident, resident.me['place_id'])}，点了一单：{DETAILS}")
    teller.note(f"需求 {need['id']} 已提交，等社区审核。")
    teller.scene("社区受理")
    need = community.post(f"/v1/needs/{need['id']}/accept", auto_offer=auto_offer)
    teller.say(f"{community}看过，受理入库，开出工单。按目录，水管维修须在 {moment(need['due_at'])} 前办结。")
    (order,) = community.items("/v1/orders", need_id=need["id"])
    return dict(order)


def asked(cast: Cast, order: dict[str, Any], teller: Teller) -> Caller:
    """Whom the system is asking now, and why. Raises Stranger."""
    found = cast.community.items("/v1/assignments", order_id=order["id"], state="invited")
    if len(found) != 1:
        raise StoryFailed(f"系统应当正在邀请一个人，实际邀请了 {len(found)} 人。")
    (invitation,) = found
    for helper in cast.helpers:
        if helper.id == invitation["person_id"]:
            metres, load = (invitation["choice"]["parts"][part] for part in ("distance", "load"))
            busy = "手上没有别的单" if not load else "手上还有别的单"
            teller.say(f"系统邀请 {helper}：相距 {metres:.0f} 米，会修水管，{busy}，此刻最合适。")
            teller.note(f"这是邀请，不是命令：{moment(invitation['answer_by'])} 前可以答应，也可以婉拒。")
            return helper
    raise Stranger(cast.community.get(f"/v1/people/{invitation['person_id']}")["name"])


def ask_by_name(cast: Cast, order: dict[str, Any], teller: Teller, helpers: tuple[Caller, ...]) -> Caller:
    """The first of these who has a hand free."""
    for helper in helpers:
        try:
            cast.grid.post(f"/v1/orders/{order['id']}/offer", person_id=helper.id)
        except Refused as refused:
            if refused.code != "rule_broken":
                raise
            teller.note(f"{helper}此刻不便：{refused}")
            continue
        teller.say(f"{cast.grid}邀请 {helper}。这是邀请，不是命令：可以答应，也可以婉拒。")
        return helper
    raise StoryFailed("演示里的党员和志愿者手上都满了（每人至多 5 单在办），没有人可以邀请。")


def decline(helper: Caller, order: dict[str, Any], teller: Teller) -> None:
    teller.scene("第一位婉拒")
    helper.post(f"/v1/orders/{order['id']}/decline", words="今天家里有事，走不开")
    teller.say(f"{helper}今天家里有事，婉拒了。不追问、不扣分，也不会为这一单再来打扰。")


def accept(helper: Caller, order: dict[str, Any], teller: Teller) -> dict[str, Any]:
    """The order as its holder sees it, with the address."""
    teller.scene("党员接单" if helper.me["party_status"] != "none" else "志愿者接单")
    taken = helper.post(f"/v1/orders/{order['id']}/accept")
    teller.say(f"{helper}一口答应，接下这一单。")
    teller.note(f"接了单才看得到门牌：{address(helper, taken['place_id'])}。")
    return dict(taken)


def serve(helper: Caller, order: dict[str, Any], teller: Teller, seconds: float) -> None:
    """Check in at the door, work in real time, check out, report."""
    path = f"/v1/orders/{order['id']}"
    teller.scene("上门签到")
    helper.post(f"{path}/start", position={"lon": order["lon"], "lat": order["lat"], "datum": "wgs84"})
    teller.say(f"{helper.me['name']}到了门口，手机定位在服务地点 300 米内，签到成功，开始计时。")
    teller.note(f"时长只记真正付出的时间，不足一分钟不记；所以这里真的要等 {seconds:.0f} 秒。")
    teller.work(seconds, WORK)
    teller.scene("签退并报告完成")
    held = helper.items("/v1/assignments", order_id=order["id"], mine=True, state="checked_in")
    helper.post(f"/v1/assignments/{held[0]['id']}/check-out")
    helper.post(f"{path}/report", result=RESULT)
    teller.say(f"{helper.me['name']}签退，并写下结果：{RESULT}")


def rate(resident: Caller, order: dict[str, Any], teller: Teller) -> None:
    teller.scene("群众评单")
    rated = resident.post(f"/v1/orders/{order['id']}/confirm", rating=5, words=THANKS)
    need = resident.post(f"/v1/needs/{rated['need_id']}/confirm")
    if (rated["state"], rated["outcome"], need["state"]) != ("closed", "solved", "closed"):
        raise StoryFailed(f"评单后工单应已办结，实际为 {rated['state']}，需求为 {need['state']}。")
    teller.say(f"{resident.me['name']}打了 {rated['rating']} 分：{THANKS}")
    teller.note("工单办结，需求办结。")


def confirm_hours(grid: Caller, helper: Caller, order: dict[str, Any], teller: Teller) -> None:
    teller.scene("时长确认")
    records = grid.items("/v1/hours", order_id=order["id"])
    if not records:
        raise StoryFailed("没有记下服务时长：服务不足一分钟。请让 --seconds 不少于 60。")
    before = helper.get("/v1/hours/balance")["confirmed_minutes"]
    confirmed = grid.post(f"/v1/hours/{records[0]['id']}/confirm")
    after = helper.get("/v1/hours/balance")["confirmed_minutes"]
    if confirmed["status"] != "confirmed" or after != before + confirmed["minutes"]:
        raise StoryFailed(f"时长应已确认，实际为 {confirmed['status']}，余额 {before} → {after} 分钟。")
    teller.say(f"{grid}核对签到签退，确认 {confirmed['minutes']} 分钟。")
    teller.note(f"{helper.me['name']}的已确认时长：{before} → {after} 分钟。这本账只增不改，每一笔都查得到。")


def address(caller: Caller, place_id: str) -> str:
    """From the compound down to the door."""
    names: list[str] = []
    place = caller.get(f"/v1/places/{place_id}")
    while place["kind"] in {"household", "entrance", "building", "compound"}:
        names.insert(0, place["name"])
        place = caller.get(f"/v1/places/{place['parent_id']}")
    return "".join(names) or str(place["name"])


def moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(CHINA).strftime("%m月%d日 %H:%M")
