"""The first version of each privacy notice, in plain words, so that the product works at once; a district writes its own next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.core.ids import seeded_id
from app.domain.consents import Purpose

_SINCE = datetime(2024, 1, 1, tzinfo=UTC)
_END = (
    "您可以随时查看、复制、更正、删除您的信息，也可以随时撤回同意；撤回与同意一样方便，不影响撤回前已作的处理，"
    "也不影响您使用与之无关的服务。未满十四周岁的，由监护人同意并代为行使上述权利。"
)


@dataclass(frozen=True, slots=True)
class _Text:
    purpose: Purpose
    title: str
    kinds: tuple[str, ...]
    text: str
    retention_days: int | None = None


_TEXTS = (
    _Text(
        Purpose.SERVICE,
        "点单与上门服务个人信息告知书",
        ("姓名", "手机号", "居住地点", "需求内容"),
        "为了受理您的需求、派人上门服务并回访，我们使用您的姓名、手机号、居住地点和您写下的需求内容。"
        "只有办理此事的网格员与社区工作人员能看到；接单人只在服务时段内看到联系方式。需求办结后，按政务服务档案要求保存。",
    ),
    _Text(
        Purpose.VOLUNTEERING,
        "志愿服务记录个人信息告知书",
        ("姓名", "性别", "出生日期", "身份证件号码", "居住区域", "联系方式", "专业技能", "服务类别"),
        "为了登记志愿者身份、记录服务时长并为您出具证明，我们按《志愿服务记录与证明出具办法（试行）》第五条记录您的八项信息。"
        "未经您同意不公开、不向第三方提供，也不用于商业目的。撤回同意后您不再是在册志愿者，已记录的服务时长依法保留。",
    ),
    _Text(
        Purpose.PARTY,
        "在册与报到党员管理个人信息告知书",
        ("姓名", "手机号", "党员身份", "所在党组织", "报到情况"),
        "为了组织在册党员与报到党员参加社区服务，我们使用您的党员身份、所在党组织与报到情况。"
        "此类信息从严管理，须经您单独同意；只有您居住地的社区及其上级工作人员能看到。",
    ),
    _Text(
        Purpose.HEALTH,
        "健康与照护信息告知书",
        ("疾病", "残疾", "过敏", "用药", "照护需要", "紧急联系人"),
        "为了上门照护时不误伤、不耽误，我们在您单独同意后记录您的健康与照护信息，加密保存，逐次登记谁看过。"
        "这是敏感个人信息，不提供不影响其他服务。撤回同意后立即删除。",
        365,
    ),
    _Text(
        Purpose.MATCHING,
        "自动匹配告知书",
        ("居住地点", "技能", "在办工单数", "待答复邀请数"),
        "系统按距离、技能与手头工作多少，自动挑选邀请谁来服务。每次邀请都可以婉拒，不影响评价；您可以查看为何选中您。"
        "您也可以拒绝自动匹配：此后系统不再自动邀请您，您仍可自己抢单，或由网格员当面邀请。",
    ),
    _Text(
        Purpose.SHARING,
        "向其他系统提供个人信息告知书",
        ("姓名", "联系方式", "服务记录"),
        "只有在您指明接收方并单独同意之后，我们才向该系统提供您的信息，并逐次记录提供了什么，记录至少保存三年。"
        "撤回同意后不再提供。",
        1_095,
    ),
)


def notice_id(district_id: int, purpose: Purpose) -> UUID:
    """Of version 1."""
    return seeded_id("privacy notice", district_id, purpose.value, 1)


def notices(district_id: int, moment: datetime) -> Iterator[dict[str, Any]]:
    """Columns of version 1 of every notice; version 0 of the row, as no event has made it."""
    for told in _TEXTS:
        yield {
            "district_id": district_id,
            "id": notice_id(district_id, told.purpose),
            "purpose": told.purpose,
            "number": 1,
            "title": told.title,
            "text": told.text + _END,
            "kinds": list(told.kinds),
            "retention_days": told.retention_days,
            "renews": True,
            "effective_at": _SINCE,
            "path": f"{district_id}/",
            "version": 0,
            "created_at": moment,
            "updated_at": moment,
        }
