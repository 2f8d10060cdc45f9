"""How long each kind of information is kept, and by which rule: one table, obeyed by the retention job and the sweepers."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from app.domain.consents import Purpose

SPENT = "（保存期已满，已删除）"
"""What stands in place of words whose period is over."""


class Kind(StrEnum):
    NOTICES = "notices"
    IMPORT_FILES = "import_files"
    IMPORT_REJECTS = "import_rejects"
    ASKER_NAMES = "asker_names"
    NEED_WORDS = "need_words"
    APPROVAL_WORDS = "approval_words"
    RIGHTS_WORDS = "rights_words"
    SIGN_UP_WORDS = "sign_up_words"
    MATCH_WORDS = "match_words"
    RESOURCE_WORDS = "resource_words"
    BOOKING_WORDS = "booking_words"
    ACTIVITY_WORDS = "activity_words"
    PROJECT_WORDS = "project_words"
    MEETING_WORDS = "meeting_words"
    WHISTLE_WORDS = "whistle_words"
    CARE_FACTS = "care_facts"
    CARE_FACTS_UNUSED = "care_facts_unused"
    MEMBERSHIPS = "memberships"
    VOLUNTEERS = "volunteers"
    CHOICES = "choices"
    READING_REQUESTS = "reading_requests"
    MINORS = "minors"
    IDEMPOTENCY_KEYS = "idempotency_keys"
    SIGN_INS = "sign_ins"
    REFRESH_TOKENS = "refresh_tokens"
    CHALLENGES = "challenges"
    RATE_LIMITS = "rate_limits"
    DISCLOSURES = "disclosures"
    AUDIT_ENTRIES = "audit_entries"
    HOUR_ENTRIES = "hour_entries"


class Keeper(StrEnum):
    """Who obeys the rule."""

    RETENTION = "retention"
    """The hourly job."""
    SWEEPING = "sweeping"
    """What signing in leaves behind, every minute."""
    CLOCKS = "clocks"
    NOBODY = "nobody"
    """The app has no right to remove it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``period`` after what ``since`` names; of what the app never removes, the least it is kept. ``source``: law or house rule.

    ``purpose``: what a privacy notice for it promises counts too, and the shorter of the two periods wins. What is passed on to
    others is not promised away: the law asks for its records.
    """

    kind: Kind
    period: timedelta
    since: str
    source: str
    keeper: Keeper
    purpose: Purpose | None = None


_HOUSE, _R = "house rule", Keeper.RETENTION
_WHILE = timedelta(days=36_500)
"""As long as it serves: only a notice, the law or the person ends it."""
_THREE_YEARS = timedelta(days=1_096)
_TEN_YEARS = timedelta(days=3_653)
RULES: tuple[Rule, ...] = (
    Rule(Kind.NOTICES, timedelta(days=180), "told", _HOUSE, Keeper.RETENTION),
    Rule(
        Kind.IMPORT_FILES,
        timedelta(days=7),
        "sent in; dropped as soon as the import has ended",
        _HOUSE,
        Keeper.RETENTION,
    ),
    Rule(Kind.IMPORT_REJECTS, timedelta(days=90), "the import has ended", _HOUSE, Keeper.RETENTION),
    Rule(Kind.ASKER_NAMES, timedelta(days=730), "the need has ended", _HOUSE, Keeper.RETENTION, Purpose.SERVICE),
    Rule(
        Kind.NEED_WORDS,
        _THREE_YEARS,
        "the need has ended: its words, its orders' and those in their history go, that it was dealt with stays",
        _HOUSE,
        Keeper.RETENTION,
        Purpose.SERVICE,
    ),
    Rule(Kind.APPROVAL_WORDS, _THREE_YEARS, "decided or void: form and words go", _HOUSE, Keeper.RETENTION),
    Rule(Kind.RIGHTS_WORDS, _THREE_YEARS, "decided: words and answer go", _HOUSE, Keeper.RETENTION),
    Rule(
        Kind.SIGN_UP_WORDS,
        _THREE_YEARS,
        "changed last: why it was cancelled, what was said of the activity, and a guardian's sheet; that they came stays",
        _HOUSE,
        Keeper.RETENTION,
    ),
    Rule(Kind.MATCH_WORDS, _THREE_YEARS, "decided: why it was dismissed goes, the reason's class stays", _HOUSE, _R),
    Rule(
        Kind.RESOURCE_WORDS,
        _THREE_YEARS,
        "changed last, once it has ended: its details, why it was refused or withdrawn, and what a person called it go",
        _HOUSE,
        _R,
    ),
    Rule(Kind.BOOKING_WORDS, _THREE_YEARS, "changed last: why it was cancelled goes", _HOUSE, _R),
    Rule(
        Kind.ACTIVITY_WORDS,
        _THREE_YEARS,
        "changed last, once it is over: its details, its report, and what was said with its steps go",
        _HOUSE,
        _R,
    ),
    Rule(
        Kind.PROJECT_WORDS,
        _THREE_YEARS,
        "archived or cancelled: aims, result, what was said of it and by residents go, in its history too",
        _HOUSE,
        _R,
    ),
    Rule(
        Kind.MEETING_WORDS,
        _TEN_YEARS,
        "the meeting was called for, the turn reported: minutes, what was added and what came of decisions, reports go",
        _HOUSE,
        _R,
    ),
    Rule(
        Kind.WHISTLE_WORDS,
        _THREE_YEARS,
        "ended: what it was about and what was said with each step go, states, times and ratings stay",
        _HOUSE,
        _R,
    ),
    Rule(
        Kind.CARE_FACTS,
        timedelta(days=90),
        "a notice asks anew and nobody has answered; at once when consent is withdrawn or an emergency is over",
        "个人信息保护法: no sensitive information without a basis; the days are a house rule",
        Keeper.RETENTION,
    ),
    Rule(
        Kind.CARE_FACTS_UNUSED,
        _WHILE,
        "recorded or corrected last",
        "个人信息保护法: as long as people were told",
        Keeper.RETENTION,
        Purpose.HEALTH,
    ),
    Rule(
        Kind.MEMBERSHIPS,
        _WHILE,
        "used last: recorded, agreed to, or an order taken; at once when they leave or consent is withdrawn",
        "个人信息保护法: as long as people were told",
        Keeper.RETENTION,
        Purpose.PARTY,
    ),
    Rule(
        Kind.VOLUNTEERS,
        _WHILE,
        "left; the hours stay",
        "个人信息保护法: as long as people were told",
        Keeper.RETENTION,
        Purpose.VOLUNTEERING,
    ),
    Rule(
        Kind.CHOICES, timedelta(days=730), "the invitation has ended: why", _HOUSE, Keeper.RETENTION, Purpose.MATCHING
    ),
    Rule(Kind.READING_REQUESTS, timedelta(days=180), "decided: then why it was asked goes", _HOUSE, Keeper.RETENTION),
    Rule(Kind.MINORS, timedelta(0), "the fourteenth birthday", "个人信息保护法: minors under 14", Keeper.RETENTION),
    Rule(Kind.IDEMPOTENCY_KEYS, timedelta(hours=24), "answered", _HOUSE, Keeper.CLOCKS),
    Rule(Kind.SIGN_INS, timedelta(days=90), "it could last no longer", _HOUSE, Keeper.SWEEPING),
    Rule(Kind.REFRESH_TOKENS, timedelta(days=1), "expired", _HOUSE, Keeper.SWEEPING),
    Rule(Kind.CHALLENGES, timedelta(days=1), "expired", _HOUSE, Keeper.SWEEPING),
    Rule(Kind.RATE_LIMITS, timedelta(0), "full again", _HOUSE, Keeper.SWEEPING),
    Rule(
        Kind.DISCLOSURES,
        _THREE_YEARS,
        "passed on",
        "网络数据安全管理条例: at least three years",
        Keeper.NOBODY,
    ),
    Rule(Kind.AUDIT_ENTRIES, timedelta(days=184), "written", "at least six months (INVARIANTS, I12)", Keeper.NOBODY),
    Rule(
        Kind.HOUR_ENTRIES,
        _WHILE,
        "written",
        "志愿服务记录与证明出具办法（试行）: service records are kept",
        Keeper.NOBODY,
    ),
)
RULE_OF = {rule.kind: rule for rule in RULES}


def period_of(kind: Kind) -> timedelta:
    return RULE_OF[kind].period
