"""How a need is getting on, in one plain sentence for whoever asked. It tells what is known, and names nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.clock import CHINA
from app.domain.needs import NeedState
from app.domain.orders import OrderState, SuspendReason


@dataclass(frozen=True, slots=True)
class Work:
    """An order of the need, as far as the sentence needs it. ``to_unit``: assigned to a unit, not offered to people."""

    state: OrderState
    to_unit: bool = False
    auto_offer: bool = False
    people_wanted: int = 1
    people_accepted: int = 0
    wanted_at: datetime | None = None
    suspend_reason: SuspendReason | None = None
    planned_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The need itself, and its orders of this round."""

    state: NeedState
    orders: Sequence[Work] = ()
    answer_by: datetime | None = None
    planned_until: datetime | None = None
    appealed: bool = False
    closed_by_system: bool = False


_N, _O = NeedState, OrderState
_TELLING = (
    _O.REPORTED,
    _O.IN_PROGRESS,
    _O.ACCEPTED,
    _O.SUSPENDED,
    _O.DISPUTED,
    _O.OFFERED,
    _O.PUBLISHED,
    _O.OPEN,
    _O.PLANNED,
)
"""Of several orders, the one that has come furthest speaks for the need."""
_OVER = "这次服务已结束，社区正在核实结果"


_SENTENCES: dict[NeedState, str] = {
    _N.SUBMITTED: "已提交，等待社区受理",
    _N.INFO_REQUESTED: "社区请您补充说明",
    _N.MET: "服务已完成，请您确认；逾期未确认的由系统确认",
    _N.CLOSED: "已办结",
    _N.PLANNED: "暂时不具备办理条件，已挂账",
    _N.REFUSED: "未予受理，理由见说明",
    _N.REDIRECTED: "不由社区办理，已转介其他渠道，见说明",
    _N.MERGED: "已与同一事项合并办理，之后的进展会继续通知您",
    _N.WITHDRAWN: "已撤回",
}
"""Of a need nobody is at work on; of the others, their orders say."""
_ORDERS: dict[OrderState, str] = {
    _O.OPEN: "已受理，等待网格员派单",
    _O.PUBLISHED: "已受理，正在等党员和志愿者接单",
    _O.OFFERED: "已受理，正在邀请邻近的党员和志愿者",
    _O.ACCEPTED: "志愿者已接单",
    _O.IN_PROGRESS: "正在办理",
    _O.SUSPENDED: "办理中遇到情况，暂时停下，之后继续",
    _O.DISPUTED: "由谁办理尚在裁定",
    _O.REPORTED: "服务已完成，请您评价",
    _O.PLANNED: "暂时不具备办理条件，已列入计划",
}
_WAITING: dict[SuspendReason, str] = {
    SuspendReason.WAITING_FOR_ASKER: "暂时停下，等您配合，之后继续",
    SuspendReason.WAITING_FOR_PARTS: "暂时停下，等配件或材料，之后继续",
    SuspendReason.WEATHER: "因天气暂时停下，之后继续",
    SuspendReason.OTHER_DEPARTMENT: "暂时停下，等其他部门办理，之后继续",
}
_BY_UNIT = {_O.OFFERED: "已受理，已派给承办单位", _O.ACCEPTED: "承办单位已接单"}


def progress(need: Standing, moment: datetime) -> str:
    """One sentence."""
    if need.state in {_N.ACCEPTED, _N.IN_SERVICE}:
        return _working(need, moment)
    return _SENTENCES[need.state] + _more(need, moment)


def _more(need: Standing, moment: datetime) -> str:
    if need.state is _N.INFO_REQUESTED and need.answer_by:
        return f"，请在 {_day(need.answer_by, moment)}前答复"
    if need.state is _N.PLANNED:
        return _until(need.planned_until, moment)
    if need.state is _N.CLOSED and need.closed_by_system:
        return "（由系统办结）"
    return "；可申诉一次" if need.state is _N.REFUSED and not need.appealed else ""


def merged(master: str) -> str:
    """Of a need that was merged: how the one it went into is getting on."""
    return f"已与同一事项合并办理：{master}"


def _working(need: Standing, moment: datetime) -> str:
    running = [order for order in need.orders if order.state in _TELLING]
    if not running:
        return _OVER if need.orders else "已受理，等待安排"
    return _order(min(running, key=lambda order: _TELLING.index(order.state)), moment)


def _order(order: Work, moment: datetime) -> str:
    words = _BY_UNIT.get(order.state) if order.to_unit else None
    if order.state is _O.OPEN and order.auto_offer:
        words = "已受理，正在寻找合适的党员和志愿者"
    agreed = _agreed(order.wanted_at, moment) if order.state is _O.ACCEPTED else ""
    words = _WAITING.get(order.suspend_reason, words) if order.suspend_reason else words
    return (words or _ORDERS[order.state]) + agreed + _until(order.planned_until, moment) + _still_wanted(order)


def _still_wanted(order: Work) -> str:
    missing = order.people_wanted - order.people_accepted
    asking = order.state in {_O.PUBLISHED, _O.ACCEPTED} and order.people_accepted
    return f"，还需 {missing} 人" if asking and missing > 0 else ""


def _agreed(at: datetime | None, moment: datetime) -> str:
    """A time that has passed is no promise any more."""
    if at is None or at <= moment:
        return ""
    return f"，约定{_day(at, moment)} {at.astimezone(CHINA):%H:%M} 上门"


def _until(at: datetime | None, moment: datetime) -> str:
    """By when it goes on, of what is on the books (挂账)."""
    return f"，计划 {_day(at, moment)}前继续办理" if at else ""


def _day(at: datetime, moment: datetime) -> str:
    day, today = at.astimezone(CHINA).date(), moment.astimezone(CHINA).date()
    near = {0: "今天", 1: "明天", 2: "后天"}.get((day - today).days)
    year = f"{day.year} 年 " if day.year != today.year else ""
    return near or f"{year}{day.month} 月 {day.day} 日"
