"""The catalogue of services 服务目录: a tree of the kinds of work, and the terms on which each is done.

The rows are a district's own (``categories``, brought in from ``seeds/catalogue.csv``); here is what they may say. An order
keeps the terms it was opened on, so that a change of the catalogue changes no work under way.

Whose duty a kind is (准入): what is a department's work is not passed down to the community (国办函〔2025〕66号). An order for
it goes to departments alone, unless somebody above the community overrides that by name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from app.core.errors import RuleBroken
from app.domain.organizations import OrganizationKind

LONGEST_DAYS = 250
"""A deadline beyond a year of working days is none."""
SERVICE_MINUTES = 60
"""How long a service lasts where its terms do not say: a house rule."""
MOST_DEPTH = 4
"""How deep the tree may be."""


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


class CheckIn(StrEnum):
    NONE = "none"
    PLACE = "place"
    """Work begins with a check-in where it is done."""


class Evidence(StrEnum):
    """What a report must bring with it."""

    PHOTO = "photo"
    SIGNATURE = "signature"
    RECEIPT = "receipt"
    RECORD = "record"


class Duty(StrEnum):
    """Whose work it is."""

    COMMUNITY = "community"
    ASSISTED = "assisted"
    """A department's, with the community's help."""
    DEPARTMENT = "department"


class Handler(StrEnum):
    """Who may be given an order of this kind."""

    HELPERS = "helpers"
    """Volunteers and party members, who are asked (志愿服务条例 §25)."""
    UNITS = "units"
    SOCIAL_ORGS = "social_orgs"
    DEPARTMENTS = "departments"


DUTY_NAMES = {Duty.COMMUNITY: "社区职责", Duty.ASSISTED: "部门主责、社区协助", Duty.DEPARTMENT: "部门职责"}
EVIDENCE_NAMES = {
    Evidence.PHOTO: "照片",
    Evidence.SIGNATURE: "签字",
    Evidence.RECEIPT: "票据",
    Evidence.RECORD: "记录",
}
HANDLER_NAMES = {
    Handler.HELPERS: "志愿者、党员",
    Handler.UNITS: "共建单位",
    Handler.SOCIAL_ORGS: "社会组织",
    Handler.DEPARTMENTS: "职能部门",
}
_HANDLERS = {
    OrganizationKind.DEPARTMENT: Handler.DEPARTMENTS,
    OrganizationKind.SOCIAL_ORG: Handler.SOCIAL_ORGS,
}
DEPARTMENTS_ONLY = (Handler.DEPARTMENTS,)


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a kind of service is done. Times are in working days and working minutes of the Chinese calendar."""

    resolve_working_days: int = 5
    deadline_source: str = ""
    """The law, or the house rule, the deadline comes from."""
    sign_minutes: int | None = None
    contact_minutes: int | None = None
    urgent_percent: int = 100
    """What share of its times something urgent is done in."""
    critical_percent: int = 100
    skills: tuple[Skill, ...] = ()
    """What a helper must know, all of them."""
    certified: bool = False
    """Whether each skill must be shown by a certificate that is good on the day (志愿服务条例 §16)."""
    insured: bool = False
    """Whether accident insurance must be taken out first (志愿服务条例 §17)."""
    check_in: CheckIn = CheckIn.NONE
    evidence: tuple[Evidence, ...] = ()
    handlers: tuple[Handler, ...] = tuple(Handler)
    volunteering: bool = False
    """Whether the time counts as volunteering (令第67号 §19)."""
    duty: Duty = Duty.COMMUNITY
    department: str | None = None
    """The department whose work it is, by its usual name."""
    duty_source: str | None = None
    service_minutes: int | None = None
    """How long one service usually lasts: for so long whoever is asked must be free. None: ``SERVICE_MINUTES``."""

    def as_json(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def terms_of(stored: Mapping[str, Any]) -> Terms:
    """The terms as a row keeps them; what it does not say is as by default."""
    lists: dict[str, Any] = {"skills": Skill, "evidence": Evidence, "handlers": Handler}
    words: dict[str, Any] = {"check_in": CheckIn, "duty": Duty}
    said = dict(stored)
    said |= {name: tuple(kind(item) for item in said[name]) for name, kind in lists.items() if name in said}
    said |= {name: kind(said[name]) for name, kind in words.items() if name in said}
    return Terms(**said)


def check_terms(terms: Terms) -> None:
    """422 for terms that contradict themselves, naming the field."""
    if (terms.duty is Duty.COMMUNITY) != (terms.department is None):
        raise RuleBroken("不属社区职责的须写明主责部门，社区职责不填", field="terms.department")
    if terms.duty is Duty.DEPARTMENT and terms.duty_source is None:
        raise RuleBroken("部门职责须写明依据", field="terms.duty_source")
    if terms.certified and not terms.skills:
        raise RuleBroken("要求证书的须写明技能", field="terms.skills")


def terms_for_order(terms: Terms, *, overridden: bool) -> Terms:
    """What an order is opened on: a department's work goes to departments alone, unless that is overridden by name."""
    if terms.duty is not Duty.DEPARTMENT or overridden:
        return terms
    return replace(terms, handlers=DEPARTMENTS_ONLY)


def handler_of(kind: OrganizationKind) -> Handler:
    return _HANDLERS.get(kind, Handler.UNITS)


def must_handle(terms: Terms, handler: Handler) -> None:
    """422 for whoever may not be given an order on these terms."""
    if handler in terms.handlers:
        return
    allowed = "、".join(HANDLER_NAMES[one] for one in terms.handlers)
    words = f"此类事项只能由{allowed}办理"
    if terms.duty is Duty.DEPARTMENT and terms.handlers == DEPARTMENTS_ONLY:
        words += "；属部门职责，转由社区办理须街道以上管理员具名同意"
    raise RuleBroken(words, handlers=[one.value for one in terms.handlers])


def lacks_insurance(terms: Terms, insured_until: date | None, day: date) -> str | None:
    """Why helpers may not be asked yet: they must be insured against accidents first (志愿服务条例 §17). None when they may."""
    if not terms.insured:
        return None
    if insured_until is None:
        return "此类服务须先为志愿者投保人身意外险，并登记保单"
    return "登记的保单已过期，须续保并重新登记" if insured_until < day else None


def must_be_evident(terms: Terms, shown: Iterable[Evidence]) -> None:
    """422 for a report that lacks what the kind of service asks for."""
    if missing := [kind for kind in terms.evidence if kind not in set(shown)]:
        names = "、".join(EVIDENCE_NAMES[kind] for kind in missing)
        raise RuleBroken(f"此类服务的报告须附{names}", field="evidence", missing=[kind.value for kind in missing])


def parent_of(code: str) -> str | None:
    """``repair.plumbing`` stands under ``repair``: the tree is in the codes."""
    return code.rpartition(".")[0] or None
