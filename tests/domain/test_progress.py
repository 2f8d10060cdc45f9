"""The sentence that tells people how their need is getting on."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.needs import NeedState as N
from app.domain.orders import OrderState as O
from app.domain.orders import SuspendReason
from app.domain.progress import Standing, Work, merged, progress

NOW = datetime(2026, 12, 30, 2, 0, tzinfo=UTC)
"""Ten in the morning in China."""
AT_THREE = NOW + timedelta(hours=5)


@pytest.mark.parametrize(
    ("need", "said"),
    [
        (Standing(N.SUBMITTED), "已提交，等待社区受理"),
        (
            Standing(N.INFO_REQUESTED, answer_by=NOW + timedelta(days=5)),
            "社区请您补充说明，请在 2027 年 1 月 4 日前答复",
        ),
        (Standing(N.INFO_REQUESTED), "社区请您补充说明"),
        (Standing(N.ACCEPTED), "已受理，等待安排"),
        (Standing(N.ACCEPTED, [Work(O.OPEN)]), "已受理，等待网格员派单"),
        (Standing(N.ACCEPTED, [Work(O.OPEN, auto_offer=True)]), "已受理，正在寻找合适的党员和志愿者"),
        (Standing(N.IN_SERVICE, [Work(O.OFFERED)]), "已受理，正在邀请邻近的党员和志愿者"),
        (Standing(N.IN_SERVICE, [Work(O.OFFERED, to_unit=True)]), "已受理，已派给承办单位"),
        (Standing(N.IN_SERVICE, [Work(O.PUBLISHED)]), "已受理，正在等党员和志愿者接单"),
        (
            Standing(N.IN_SERVICE, [Work(O.PUBLISHED, people_wanted=3, people_accepted=1)]),
            "已受理，正在等党员和志愿者接单，还需 2 人",
        ),
        (Standing(N.IN_SERVICE, [Work(O.ACCEPTED)]), "志愿者已接单"),
        (Standing(N.IN_SERVICE, [Work(O.ACCEPTED, wanted_at=AT_THREE)]), "志愿者已接单，约定今天 15:00 上门"),
        (
            Standing(N.IN_SERVICE, [Work(O.ACCEPTED, wanted_at=AT_THREE + timedelta(days=1))]),
            "志愿者已接单，约定明天 15:00 上门",
        ),
        (Standing(N.IN_SERVICE, [Work(O.ACCEPTED, wanted_at=NOW - timedelta(hours=1))]), "志愿者已接单"),
        (Standing(N.IN_SERVICE, [Work(O.ACCEPTED, to_unit=True)]), "承办单位已接单"),
        (Standing(N.IN_SERVICE, [Work(O.IN_PROGRESS)]), "正在办理"),
        (Standing(N.IN_SERVICE, [Work(O.OPEN), Work(O.IN_PROGRESS)]), "正在办理"),
        (Standing(N.IN_SERVICE, [Work(O.SUSPENDED)]), "办理中遇到情况，暂时停下，之后继续"),
        (
            Standing(N.IN_SERVICE, [Work(O.SUSPENDED, suspend_reason=SuspendReason.WAITING_FOR_PARTS)]),
            "暂时停下，等配件或材料，之后继续",
        ),
        (
            Standing(N.IN_SERVICE, [Work(O.SUSPENDED, suspend_reason=SuspendReason.OTHER)]),
            "办理中遇到情况，暂时停下，之后继续",
        ),
        (
            Standing(N.IN_SERVICE, [Work(O.PLANNED, planned_until=NOW + timedelta(days=1))]),
            "暂时不具备办理条件，已列入计划，计划 明天前继续办理",
        ),
        (Standing(N.IN_SERVICE, [Work(O.DISPUTED)]), "由谁办理尚在裁定"),
        (Standing(N.IN_SERVICE, [Work(O.PLANNED)]), "暂时不具备办理条件，已列入计划"),
        (Standing(N.IN_SERVICE, [Work(O.REPORTED)]), "服务已完成，请您评价"),
        (Standing(N.IN_SERVICE, [Work(O.TERMINATED)]), "这次服务已结束，社区正在核实结果"),
        (Standing(N.MET), "服务已完成，请您确认；逾期未确认的由系统确认"),
        (Standing(N.CLOSED), "已办结"),
        (Standing(N.CLOSED, closed_by_system=True), "已办结（由系统办结）"),
        (Standing(N.PLANNED, planned_until=NOW + timedelta(days=1)), "暂时不具备办理条件，已挂账，计划 明天前继续办理"),
        (Standing(N.REFUSED), "未予受理，理由见说明；可申诉一次"),
        (Standing(N.REFUSED, appealed=True), "未予受理，理由见说明"),
        (Standing(N.REDIRECTED), "不由社区办理，已转介其他渠道，见说明"),
        (Standing(N.MERGED), "已与同一事项合并办理，之后的进展会继续通知您"),
        (Standing(N.WITHDRAWN), "已撤回"),
    ],
)
def test_one_sentence(need: Standing, said: str) -> None:
    assert progress(need, NOW) == said


def test_every_state_has_its_sentence() -> None:
    assert all(progress(Standing(state), NOW) for state in N)
    assert all(progress(Standing(N.IN_SERVICE, [Work(state)]), NOW) for state in O)
    assert merged("正在办理") == "已与同一事项合并办理：正在办理"
