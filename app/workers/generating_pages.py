"""The Markdown pages of ``openapi/``, read off the tables: lifecycles, refusals, access, words. Nothing is written twice."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from app import domain
from app.core.errors import every_kind
from app.domain.access import TABLE
from app.domain.activities import ACTIVITY, AUDIENCE_NAMES
from app.domain.activities import PART_NAMES as ACTIVITY_PART_NAMES
from app.domain.activity_series import SERIES
from app.domain.assignments import ASSIGNMENT
from app.domain.bookings import BOOKING
from app.domain.budgets import SOURCE_NAMES, VOUCHER, VOUCHER_KIND_NAMES
from app.domain.catalogue import DUTY_NAMES, EVIDENCE_NAMES, HANDLER_NAMES
from app.domain.clocks import CLOCK
from app.domain.co_handlings import CO_HANDLING
from app.domain.consents import PURPOSE_NAMES
from app.domain.dispatch import OBSTACLE_WORDS
from app.domain.dispatch_ways import WAY_NAMES
from app.domain.duty_rotation import RELAXED_NAMES
from app.domain.duty_turns import DRAW, EXCHANGE, TURN
from app.domain.escalations import ESCALATION
from app.domain.extensions import EXTENSION
from app.domain.extensions import REASON_NAMES as EXTENSION_REASON_NAMES
from app.domain.joint_work import CLAIM, ITEM, MEETING, STEP_NAMES
from app.domain.levels import LEVEL_TITLES
from app.domain.lifecycle import Lifecycle, Step
from app.domain.matches import LAPSE_NAMES, MATCH, RESULT_NAMES
from app.domain.matching import DISMISS_NAMES
from app.domain.meeting_decisions import DECISION
from app.domain.needs import NEED
from app.domain.objections import GROUND_NAMES as OBJECTION_GROUND_NAMES
from app.domain.objections import VERDICT_NAMES
from app.domain.orders import ORDER
from app.domain.orders_at_risk import RISK_NAMES
from app.domain.pairings import END_NAMES, LEVEL_NAMES
from app.domain.people import RELATION_NAMES, ROLE_NAMES, Party, Relation, Role
from app.domain.programmes import MEASURE_NAMES, PROGRAMME_KIND_NAMES
from app.domain.project_suggestions import SUGGESTION
from app.domain.projects import CANCEL_NAMES, KIND_NAMES, LINK_NAMES, PART_NAMES, PROJECT
from app.domain.rates import LEFT_NAMES, RATE_NAMES, TIER_NAMES
from app.domain.resources import RESOURCE
from app.domain.revisits import REASON_NAMES, REVISIT
from app.domain.rights import RIGHTS, RIGHTS_NAMES
from app.domain.sign_ups import SIGN_UP
from app.domain.supervisions import GROUND_NAMES, SUPERVISION
from app.domain.urges import URGED_AS_NAMES
from app.domain.whistle_calls import CALL, TASK_NAMES, TOLD_NAMES
from app.domain.whistle_types import UNIT_NAMES
from app.domain.whistles import WHISTLE

LIFECYCLES: tuple[Lifecycle[Any, Any], ...] = (
    NEED,
    ORDER,
    ASSIGNMENT,
    RIGHTS,
    DRAW,
    TURN,
    EXCHANGE,
    MEETING,
    DECISION,
    ITEM,
    CLAIM,
    ACTIVITY,
    SERIES,
    SIGN_UP,
    PROJECT,
    VOUCHER,
    RESOURCE,
    BOOKING,
    MATCH,
    REVISIT,
    SUPERVISION,
    ESCALATION,
    SUGGESTION,
    WHISTLE,
    CALL,
    CLOCK,
    EXTENSION,
    CO_HANDLING,
)
_HEAD = "<!-- make generate 生成，请勿手改 -->\n"


def lifecycles_page() -> str:
    """Each lifecycle as its table and its picture."""
    return _page("生命周期", "状态与动作的全部规则。接口、界面按钮、数据库约束与测试都由同一张表驱动。", _lifecycles())


def _lifecycles() -> Iterator[str]:
    for lifecycle in LIFECYCLES:
        yield f"## {lifecycle.title} `{lifecycle.noun}`\n"
        beginnings = [s for s in lifecycle.states if s in lifecycle.begins | {lifecycle.initial}]
        yield f"初始状态：{'、'.join(_state(lifecycle, s) for s in beginnings)}。" + _ends(lifecycle)
        yield _table(("动作", "从", "到", "谁", "须批准", "说明"), (_row(lifecycle, step) for step in lifecycle.steps))
        names = "".join(f"    {state.value}: {name} {state.value}\n" for state, name in lifecycle.state_names.items())
        yield f"```mermaid\n{lifecycle.mermaid()}{names}```\n"


def _ends(lifecycle: Lifecycle[Any, Any]) -> str:
    final = [_state(lifecycle, state) for state in lifecycle.states if state in lifecycle.final]
    return f"终止状态：{'、'.join(final)}。\n" if final else "没有不可再动的状态。\n"


def _row(lifecycle: Lifecycle[Any, Any], step: Step[Any, Any]) -> tuple[str, ...]:
    def states(chosen: Iterable[StrEnum]) -> str:
        return "、".join(_state(lifecycle, state) for state in lifecycle.states if state in chosen)

    barred = "".join(f"（{_name(party)}除外）" for party in _sorted(step.barred))
    return (
        f"{lifecycle.action_names[step.action]} `{step.action}`",
        states(step.sources),
        states(step.targets),
        _names(step.who) + barred,
        _names(step.approval),
        step.note,
    )


def _state(lifecycle: Lifecycle[Any, Any], state: StrEnum) -> str:
    return f"{lifecycle.state_names[state]} `{state}`"


def errors_page() -> str:
    """Every kind of refusal with its code."""
    ours = (kind for kind in every_kind() if kind.__module__.startswith("app."))
    kinds = sorted(ours, key=lambda kind: (kind.status, kind.code))
    lead = (
        "被拒绝的请求一律得到 `application/problem+json`（RFC 9457）。`code` 稳定不变，供程序判断；"
        "`title` 与 `detail` 给人看，从不回显提交的内容。"
    )
    rows = ((str(kind.status), f"`{kind.code}`", kind.title) for kind in kinds)
    return _page("错误码", lead, [_table(("状态码", "code", "title"), rows)])


def access_page() -> str:
    """Permission × who, one table a noun; a noun whose rows differ in parties shows only the parties it knows."""
    lead = (
        "一项权限由角色（在该地点及其上级所授）或关系（与这条记录的关系）取得。"
        "`public` 不需登录，`self` 只涉及本人，不在表中。看不到的记录一律 404，看得到而无权为 403。"
    )
    return _page("权限表", lead, _access())


def _access() -> Iterator[str]:
    for noun, group in groupby(sorted(TABLE), key=lambda permission: permission.split(":")[0]):
        permissions = list(group)
        known = _sorted(frozenset[Party]().union(*(TABLE[permission] for permission in permissions)))
        rows = (
            (f"`{permission}`", *("●" if party in TABLE[permission] else "" for party in known))
            for permission in permissions
        )
        yield f"## {noun}\n"
        yield _table(("权限", *(_name(party) for party in known)), rows)


def glossary_page() -> str:
    """One word per thing: the modules of the domain, then every name the product shows."""
    return _page("词汇表", "一物一词：数据库、接口、事件与文档用同一个词。英文为代码，中文为界面用词。", _glossary())


def _glossary() -> Iterator[str]:
    yield "## 模块\n"
    yield _table(("`app/domain`", "是什么"), _modules())
    for title, names in _dictionaries():
        yield f"## {title}\n"
        yield _table(("代码", "名称"), ((f"`{code}`", name) for code, name in names.items()))


def _modules() -> Iterator[tuple[str, str]]:
    """The first paragraph of each module's docstring, on one line."""
    for path in sorted(Path(domain.__path__[0]).glob("*.py")):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if path.stem != "__init__":
            yield f"`{path.stem}`", " ".join(text.split("\n\n", maxsplit=1)[0].split())


def _dictionaries_beside() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Of an order: what is reported with it, and what stands beside it."""
    yield "所附材料", {kind.value: name for kind, name in EVIDENCE_NAMES.items()}
    yield "单位异议的理由", {ground.value: name for ground, name in OBJECTION_GROUND_NAMES.items()}
    yield "对异议的裁决", {verdict.value: name for verdict, name in VERDICT_NAMES.items()}
    yield "延期的原因", {reason.value: name for reason, name in EXTENSION_REASON_NAMES.items()}


def _dictionaries() -> Iterator[tuple[str, Mapping[str, str]]]:
    yield "角色", {role.value: name for role, name in ROLE_NAMES.items()}
    yield "关系", {relation.value: name for relation, name in RELATION_NAMES.items()}
    for lifecycle in LIFECYCLES:
        yield f"{lifecycle.title}的状态", lifecycle.state_names
        yield f"{lifecycle.title}的动作", lifecycle.action_names
    yield "个人信息的用途", {purpose.value: name for purpose, name in PURPOSE_NAMES.items()}
    yield "个人信息请求", {kind.value: name for kind, name in RIGHTS_NAMES.items()}
    yield "职责", {duty.value: name for duty, name in DUTY_NAMES.items()}
    yield "办理方", {handler.value: name for handler, name in HANDLER_NAMES.items()}
    yield "活动的公开范围", {audience.value: name for audience, name in AUDIENCE_NAMES.items()}
    yield "活动中的角色", {part.value: name for part, name in ACTIVITY_PART_NAMES.items()}
    yield from _dictionaries_beside()
    yield "轮值清单", {step.value: name for step, name in STEP_NAMES.items()}
    yield "轮值放宽的规则", {rule.value: name for rule, name in RELAXED_NAMES.items()}
    yield "结对包联的层级", {level.value: name for level, name in LEVEL_NAMES.items()}
    yield "结对结束的原因", {reason.value: name for reason, name in END_NAMES.items()}
    yield "共建项目的类型", {kind.value: name for kind, name in KIND_NAMES.items()}
    yield "八联", {link.value: name for link, name in LINK_NAMES.items()}
    yield "参与方式", {part.value: name for part, name in PART_NAMES.items()}
    yield "项目取消的原因", {reason.value: name for reason, name in CANCEL_NAMES.items()}
    yield "对接不采用的原因", {reason.value: name for reason, name in DISMISS_NAMES.items()}
    yield "对接失效的原因", {reason.value: name for reason, name in LAPSE_NAMES.items()}
    yield "对接确认的结果", {result.value: name for result, name in RESULT_NAMES.items()}
    yield "品牌与工作法", {kind.value: name for kind, name in PROGRAMME_KIND_NAMES.items()}
    yield from chain(_of_oversight(), _of_whistles())
    yield "指标由何计算", {measure.value: name for measure, name in MEASURE_NAMES.items()}
    yield "资金来源", {source.value: name for source, name in SOURCE_NAMES.items()}
    yield "凭证的种类", {kind.value: name for kind, name in VOUCHER_KIND_NAMES.items()}
    yield "回访的原因", {reason.value: name for reason, name in REASON_NAMES.items()}
    yield "派单方式", {way.value: name for way, name in WAY_NAMES.items()}
    yield "不能邀请的原因", {reason.value: words for reason, words in OBSTACLE_WORDS.items()}


def _of_oversight() -> Iterator[tuple[str, Mapping[str, str]]]:
    yield "层级", {level.value: name for level, name in LEVEL_TITLES.items()}
    yield "督办的事由", {ground.value: name for ground, name in GROUND_NAMES.items()}
    yield "工单的风险", {risk.value: name for risk, name in RISK_NAMES.items()}
    yield "三率", {rate.value: name for rate, name in RATE_NAMES.items()}
    yield "三率的档次", {level.value: name for level, name in TIER_NAMES.items()}
    yield "三率不计入的原因", {reason.value: name for reason, name in LEFT_NAMES.items()}
    yield "以何身份催办", {kind.value: name for kind, name in URGED_AS_NAMES.items()}


def _of_whistles() -> Iterator[tuple[str, Mapping[str, str]]]:
    yield "时限的单位", {unit.value: name for unit, name in UNIT_NAMES.items()}
    yield "报到单的时限", {task.value: name for task, name in TASK_NAMES.items()}
    yield "逾期上报到哪一级", {told.value: name for told, name in TOLD_NAMES.items()}


_ORDER: tuple[Party, ...] = (*Role, *Relation)


def _sorted(parties: Iterable[Party]) -> list[Party]:
    return sorted(parties, key=_ORDER.index)


def _name(party: Party) -> str:
    return ROLE_NAMES[party] if isinstance(party, Role) else RELATION_NAMES[party]


def _names(parties: Iterable[Party]) -> str:
    return "、".join(_name(party) for party in _sorted(parties))


def _page(title: str, lead: str, parts: Iterable[str]) -> str:
    return "\n".join([f"# {title}\n", _HEAD, f"{lead}\n", *parts]).rstrip("\n") + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(_cell(text) for text in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
