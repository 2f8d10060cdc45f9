"""The categories a need may have, with what each asks for.

The first cut of the catalogue, in code: the services named in the practice of 三顺店 and DOMAIN.md. Deadlines: 5 working days is
the limit of the 济南 (2018) and 潍坊 (2021) hotline ordinances; shorter ones are house rules for matters of safety.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.core.errors import RuleBroken


class Skill(StrEnum):
    PLUMBING = "plumbing"
    ELECTRICITY = "electricity"
    NURSING = "nursing"
    COUNSELLING = "counselling"
    LAW = "law"
    TEACHING = "teaching"
    DIGITAL = "digital"
    HAIRCUT = "haircut"
    ARTS = "arts"
    MONGOLIAN = "mongolian"


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of service."""

    code: str
    name: str
    resolve_working_days: int
    source: str
    skill: Skill | None = None
    """What a helper must know; none = anyone may help."""
    check_in: bool = True
    """Whether work starts with a check-in at the place."""
    volunteering: bool = True
    """Whether the time counts as volunteering (令第67号 §19)."""


_HOTLINE = "济南（2018）、潍坊（2021）12345 条例：5 个工作日"
_HOUSE = "本系统规定"

CATEGORIES = {
    category.code: category
    for category in (
        Category("repair.plumbing", "水管维修", 1, _HOUSE, Skill.PLUMBING),
        Category("repair.electric", "用电维修", 1, _HOUSE, Skill.ELECTRICITY),
        Category("repair.home", "家庭小修", 3, _HOUSE),
        Category("elder.visit", "探访陪伴老人", 3, _HOUSE),
        Category("elder.meal", "助餐送餐", 1, _HOUSE),
        Category("elder.medical", "陪同就医取药", 1, _HOUSE),
        Category("care.nursing", "护理咨询", 3, _HOUSE, Skill.NURSING),
        Category("errand", "帮办代办", 3, _HOUSE),
        Category("law.advice", "法律咨询", 5, _HOTLINE, Skill.LAW, check_in=False),
        Category("mediation", "邻里矛盾调处", 5, _HOTLINE, volunteering=False),
        Category("counselling", "心理疏导", 3, _HOUSE, Skill.COUNSELLING),
        Category("children.study", "课业辅导", 5, _HOTLINE, Skill.TEACHING),
        Category("digital.help", "智能手机帮教", 5, _HOTLINE, Skill.DIGITAL),
        Category("culture", "文化活动", 5, _HOTLINE, Skill.ARTS),
        Category("environment", "环境卫生", 3, _HOUSE),
        Category("safety", "安全隐患", 1, _HOUSE, volunteering=False),
        Category("property", "物业服务", 5, _HOTLINE, volunteering=False),
        Category("policy", "政策咨询", 5, _HOTLINE, check_in=False, volunteering=False),
        Category("other", "其他", 5, _HOTLINE),
    )
}


def category_of(code: str) -> Category:
    """The category of a code; 422 when the catalogue does not have it."""
    if (category := CATEGORIES.get(code)) is None:
        raise RuleBroken("服务类别不在目录中", field="category")
    return category
