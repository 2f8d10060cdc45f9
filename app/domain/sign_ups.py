"""The life of a sign-up 报名: one person in one part of one activity, or waiting for it.

Places are never exceeded; who waits moves up in the order of having asked. Whoever cannot come names a substitute for this once, or
has one found by the rules of dispatch, who must say yes; or cancels, in time or late.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.core.errors import RuleBroken
from app.domain.activities import Part, PartKind
from app.domain.catalogue import Skill
from app.domain.lifecycle import Lifecycle, Step
from app.domain.people import Relation, Role
from app.domain.quiet_hours import Quiet
from app.domain.quiet_hours import answer_by as awake_until


class SignUpState(StrEnum):
    INVITED = "invited"
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED_EARLY = "cancelled_early"
    CANCELLED_LATE = "cancelled_late"
    SUBSTITUTED = "substituted"
    NO_SHOW = "no_show"
    EXCUSED = "excused"


class SignUpAction(StrEnum):
    ACCEPT = "accept"
    DECLINE = "decline"
    EXPIRE = "expire"
    PROMOTE = "promote"
    CHECK_IN = "check_in"
    CHECK_OUT = "check_out"
    CANCEL = "cancel"
    HAND_OVER = "hand_over"
    NOT_FOUND = "not_found"
    SUBSTITUTE = "substitute"
    RELEASE = "release"
    MISS = "miss"
    EXCUSE = "excuse"
    RATE = "rate"


class Search(StrEnum):
    """How far the system is with finding somebody to come instead, this once."""

    LOOKING = "looking"
    """Somebody is asked; when they cannot, the next is."""
    NOBODY = "nobody"
    """Nobody is left to ask."""


SEARCH_NAMES = {Search.LOOKING: "正在找人代替", Search.NOBODY: "没有找到能代替的人"}

_S, _A = SignUpState, SignUpAction
_SYSTEM = frozenset({Relation.SYSTEM})
_HOLDER = frozenset({Relation.HOLDER})
_STAFF = frozenset({Role.GRID_WORKER, Role.COMMUNITY_ADMIN, Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN})
_RUN = _STAFF | {Relation.UNIT}

SIGN_UP = Lifecycle(
    "sign-up",
    "报名",
    initial=_S.WAITING,
    begins=frozenset({_S.CONFIRMED, _S.INVITED}),
    actions=SignUpAction,
    state_names={
        _S.INVITED: "待代替者答复",
        _S.WAITING: "候补",
        _S.CONFIRMED: "已报名",
        _S.CHECKED_IN: "已签到",
        _S.CHECKED_OUT: "已签退",
        _S.DECLINED: "已婉拒",
        _S.EXPIRED: "已过期",
        _S.CANCELLED_EARLY: "提前取消",
        _S.CANCELLED_LATE: "临时取消",
        _S.SUBSTITUTED: "已由他人代替",
        _S.NO_SHOW: "未到场",
        _S.EXCUSED: "已释放",
    },
    action_names={
        _A.ACCEPT: "同意代替",
        _A.DECLINE: "婉拒代替",
        _A.EXPIRE: "过期",
        _A.PROMOTE: "递补",
        _A.CHECK_IN: "签到",
        _A.CHECK_OUT: "签退",
        _A.CANCEL: "取消报名",
        _A.HAND_OVER: "请人代替一次",
        _A.NOT_FOUND: "没有找到代替的人",
        _A.SUBSTITUTE: "由他人代替",
        _A.RELEASE: "释放",
        _A.MISS: "登记未到场",
        _A.EXCUSE: "认可理由",
        _A.RATE: "评价",
    },
    steps=(
        Step(_A.ACCEPT, frozenset({_S.INVITED}), _S.CONFIRMED, _HOLDER, note="接过原报名者的名额，只此一次"),
        Step(_A.DECLINE, frozenset({_S.INVITED}), _S.DECLINED, _HOLDER),
        Step(_A.EXPIRE, frozenset({_S.INVITED}), _S.EXPIRED, _SYSTEM, note="答复期限已过；原报名不变"),
        Step(
            _A.PROMOTE,
            frozenset({_S.WAITING}),
            _S.CONFIRMED,
            _SYSTEM | _RUN,
            note="有名额即按顺序递补；开始前两小时起由组织者现场决定",
        ),
        Step(
            _A.CHECK_IN,
            frozenset({_S.CONFIRMED, _S.CHECKED_OUT}),
            _S.CHECKED_IN,
            _HOLDER | _RUN,
            note="扫签到码、在地点范围内，或由组织者见证；志愿者同一时间只能在一处服务",
        ),
        Step(
            _A.CHECK_OUT,
            frozenset({_S.CHECKED_IN}),
            _S.CHECKED_OUT,
            _HOLDER | _RUN | _SYSTEM,
            note="记录志愿者的服务时长（分钟）",
        ),
        Step(
            _A.CANCEL,
            frozenset({_S.WAITING, _S.CONFIRMED}),
            _S.CANCELLED_EARLY,
            _HOLDER,
            also=frozenset({_S.CANCELLED_LATE}),
            note="开始前两小时内取消算临时取消；时间、地点改动后取消不算",
        ),
        Step(
            _A.HAND_OVER,
            frozenset({_S.CONFIRMED}),
            _S.CONFIRMED,
            _HOLDER,
            note="对方同意前名额仍是本人的；志愿者可由系统按派单方式找人，只邀请、不指派",
        ),
        Step(_A.NOT_FOUND, frozenset({_S.CONFIRMED}), _S.CONFIRMED, _SYSTEM, note="名额不变；告知本人与组织者"),
        Step(_A.SUBSTITUTE, frozenset({_S.CONFIRMED}), _S.SUBSTITUTED, _SYSTEM, note="代替者同意时"),
        Step(
            _A.RELEASE,
            frozenset({_S.INVITED, _S.WAITING, _S.CONFIRMED}),
            _S.EXCUSED,
            _SYSTEM,
            note="活动取消或结束时，不计入个人记录",
        ),
        Step(_A.MISS, frozenset({_S.CONFIRMED}), _S.NO_SHOW, _RUN, barred=_HOLDER),
        Step(
            _A.EXCUSE,
            frozenset({_S.NO_SHOW, _S.CANCELLED_LATE}),
            _S.EXCUSED,
            frozenset({Role.COMMUNITY_ADMIN}),
            barred=_HOLDER,
        ),
        Step(_A.RATE, frozenset({_S.CHECKED_OUT}), _S.CHECKED_OUT, _HOLDER, note="一人一次，一至五分"),
    ),
)

ACTIVE = frozenset({_S.CONFIRMED, _S.CHECKED_IN, _S.CHECKED_OUT})
"""Who holds a place."""
STANDING = ACTIVE | {_S.WAITING, _S.INVITED}
"""One of these a person and activity."""
UNDER_WAY = STANDING - {_S.CHECKED_OUT}
"""What is not over yet."""
LATE_CANCEL = timedelta(hours=2)
"""House rule, as for orders: a cancellation less than this before the start counts as late."""
ANSWER_WITHIN = timedelta(hours=24)
"""House rule: how long somebody who is asked to stand in may think about it, but never beyond the start."""
LEAST_TO_ANSWER = timedelta(minutes=30)
"""House rule: how long whoever the system asks may think at least, the start permitting."""
LOOK_AGAIN_AFTER = timedelta(minutes=10)
"""House rule: where ages cannot be read nobody is asked, and the system looks again after this long."""
OF_AGE = 18
"""民法典第十七条."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of somebody who would come. ``age`` None: no birth date is on record."""

    age: int | None
    minor: bool
    """Under 14, whether or not the birth date is known."""
    helper: bool
    """Is a volunteer or party member."""
    skills: frozenset[str]
    certified: frozenset[Skill]
    guarded: bool
    """A guardian signs them up, or has agreed on paper."""


def check_fit(part: Part, candidate: Candidate) -> None:
    """422 with the reason why this person cannot come as this."""
    if part.min_age is not None and (candidate.minor or candidate.age is not None or part.kind is PartKind.HELPER):
        _check_age(part.min_age, candidate)
    if candidate.minor and not candidate.guarded:
        raise RuleBroken("未满十四周岁须由监护人报名，或由工作人员凭监护人签字代为报名", field="guardian_evidence")
    if part.kind is PartKind.PARTICIPANT:
        return
    if not candidate.helper:
        raise RuleBroken("志愿者角色须先登记为志愿者或是党员", field="role_id")
    if candidate.age is not None and candidate.age < OF_AGE and not candidate.guarded:
        raise RuleBroken("未满十八周岁参加志愿服务须经监护人同意（民法典第十九条）", field="guardian_evidence")
    if part.skill is not None and not _shows(part, candidate):
        raise RuleBroken("不具备该角色要求的技能或有效证书", field="role_id")


def _check_age(least: int, candidate: Candidate) -> None:
    """Of somebody whose birth date nobody knows, only that they are not under 14 is known."""
    if candidate.age is None and not candidate.minor:
        raise RuleBroken("该角色有年龄要求，请先登记出生日期", field="role_id")
    if (candidate.age if candidate.age is not None else 0) < least:
        raise RuleBroken(f"该角色须年满{least}周岁", field="role_id")


def _shows(part: Part, candidate: Candidate) -> bool:
    return part.skill in (candidate.certified if part.certified else candidate.skills | candidate.certified)


def age_on(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def cancelled_when(
    state: SignUpState, starts_at: datetime, moment: datetime, confirmed_at: datetime | None, moved_at: datetime | None
) -> SignUpState:
    """Early or late. Who waits owes nothing, nor does whoever signed up for another time or place than it has now."""
    moved = moved_at is not None and confirmed_at is not None and confirmed_at < moved_at
    late = state is _S.CONFIRMED and not moved and starts_at - moment < LATE_CANCEL
    return _S.CANCELLED_LATE if late else _S.CANCELLED_EARLY


def answer_by(moment: datetime, starts_at: datetime) -> datetime:
    return min(moment + ANSWER_WITHIN, starts_at)


def answer_by_when_found(moment: datetime, starts_at: datetime, quiet: Quiet | None) -> datetime:
    """For whom the system asks: a quarter of the time that is left, so that three more can be asked in turn if they cannot.

    Of that time quiet hours do not count, nor does it run out in them, the start permitting.
    """
    share = min(max((starts_at - moment) / 4, LEAST_TO_ANSWER), ANSWER_WITHIN)
    return min(awake_until(moment, share // timedelta(minutes=1), quiet), starts_at)


def must_be_findable(kind: PartKind) -> None:
    """422 for a participant: their place is for whoever waits, and nobody need be found for it."""
    if kind is not PartKind.HELPER:
        raise RuleBroken("系统只为志愿者角色找人代替；参加者不能来请取消报名，或指名请一位", field="person_id")
