"""Whom an activity or a sign-up concerns, and in what words they are told."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import CHINA
from app.domain.activities import ACTIVITY, ActivityAction
from app.domain.activity_series import SERIES, SeriesAction, SeriesState
from app.domain.sign_ups import SIGN_UP, STANDING, SignUpAction, SignUpState
from app.models import Activity, ActivitySeries, Event, SignUp
from app.services.notices_rights import community_of

AGGREGATES = frozenset({ACTIVITY.noun, SIGN_UP.noun, SERIES.noun})
_CREATED = {
    SignUpState.CONFIRMED.value: "已为您报名活动“{title}”，{when}；不能参加请及时取消",
    SignUpState.WAITING.value: "已为您候补活动“{title}”，有名额时按顺序递补",
    SignUpState.INVITED.value: "有人请您代为参加一次活动“{title}”，{when}；请在期限内答复，不便可婉拒",
}
_TO_THE_PERSON = {
    SignUpAction.PROMOTE.value: "您候补的活动“{title}”有名额了，已为您报上，{when}；不能参加请及时取消",
    SignUpAction.SUBSTITUTE.value: "活动“{title}”您的名额已由他人代替，只此一次",
    SignUpAction.MISS.value: "活动“{title}”登记您未到场；有正当理由可向社区说明",
    SignUpAction.EXCUSE.value: "活动“{title}”：您的理由已获认可，不计入记录",
}
_TO_WHO_ASKED = {
    SignUpAction.DECLINE.value: "您请的人不能代替参加活动“{title}”；名额仍是您的，请另作安排",
    SignUpAction.EXPIRE.value: "您请的人没有答复，不能代替参加活动“{title}”；名额仍是您的，请另作安排",
}
_LOOKING_ON = "请来代替您参加活动“{title}”的人不便；系统接着找，名额仍是您的"
_NOT_FOUND = "活动“{title}”（{when}）：有志愿者不能来，系统没有找到能代替的人；名额未变，请组织者另作安排，或由本人取消"
_CANCELLED = "您报名的活动“{title}”已取消：{reason}"
_CALLED_OFF = "活动“{title}”不必再代为参加"
_FORGOTTEN = "活动“{title}”签到后未及时签退，本次时长未记录；请联系组织者凭佐证补录"
_MOVED = "您报名的活动“{title}”时间或地点有变：{when}，{venue}；不便参加可取消，不算临时取消"
_SOON = "您报名的活动“{title}”即将开始：{when}，{venue}"
_RATE = "活动“{title}”已结束，请评价"
_TO_THE_RESPONSIBLE = {
    ActivityAction.PUBLISH.value: "活动“{title}”已发布",
    ActivityAction.SEND_BACK.value: "活动“{title}”已退回修改，请查看理由",
    ActivityAction.CANCEL.value: "活动“{title}”已取消",
}


async def words_and_people(session: AsyncSession, event: Event) -> tuple[str, set[UUID | None]]:
    """Whoever did it themselves is left out by the caller."""
    if event.aggregate == ACTIVITY.noun:
        return await _of_activity(session, event)
    if event.aggregate == SERIES.noun:
        return await _of_series(session, event)
    row = (await session.scalars(select(SignUp).where(SignUp.id == event.aggregate_id))).one()
    activity = (await session.scalars(select(Activity).where(Activity.id == row.activity_id))).one()
    if event.action in _TO_WHO_ASKED:
        asked = select(SignUp.person_id).where(SignUp.id == row.replaces_id)
        words = _LOOKING_ON if event.data.get("looking") else _TO_WHO_ASKED[event.action]
        return _filled(words, activity), {await session.scalar(asked)}
    if event.action == SignUpAction.NOT_FOUND.value:
        return _filled(_NOT_FOUND, activity), {row.person_id, row.guardian_id, activity.responsible_id}
    return _filled(_words(event), activity), {row.person_id, row.guardian_id}


def _words(event: Event) -> str:
    if event.action == "create":
        return _CREATED.get(event.target or "", "")
    if event.action == SignUpAction.CHECK_OUT.value and event.data.get("recorded") is False:
        return _FORGOTTEN
    if event.action == SignUpAction.RELEASE.value and event.data.get("cancelled"):
        return _CANCELLED
    if event.action == SignUpAction.RELEASE.value and event.source == SignUpState.INVITED.value:
        return _CALLED_OFF
    return _TO_THE_PERSON.get(event.action, "")


def _filled(words: str, activity: Activity) -> str:
    when = activity.starts_at.astimezone(CHINA).strftime("%m月%d日 %H:%M")
    venue = activity.venue or "地点见活动"
    return words.format(title=activity.title, when=when, venue=venue, reason=activity.cancel_reason or "")


async def _of_activity(session: AsyncSession, event: Event) -> tuple[str, set[UUID | None]]:
    activity = (await session.scalars(select(Activity).where(Activity.id == event.aggregate_id))).one()
    if event.action == "remind" or (event.action == "update" and event.data.get("moved")):
        words = _SOON if event.action == "remind" else _MOVED
        return _filled(words, activity), await _coming(session, activity, STANDING - {SignUpState.WAITING})
    if event.action == ActivityAction.CONCLUDE.value:
        return _filled(_RATE, activity), await _coming(session, activity, {SignUpState.CHECKED_OUT})
    if event.action == ActivityAction.PROPOSE.value:
        return _filled("有单位提请发布活动“{title}”", activity), {*await community_of(session, event.path)}
    return _filled(_TO_THE_RESPONSIBLE.get(event.action, ""), activity), {activity.responsible_id}


async def _of_series(session: AsyncSession, event: Event) -> tuple[str, set[UUID | None]]:
    """A unit's is told to the community that lists it, and what becomes of it to whoever is answerable for it."""
    series = (await session.scalars(select(ActivitySeries).where(ActivitySeries.id == event.aggregate_id))).one()
    if event.action == "create" and event.target == SeriesState.PROPOSED.value:
        return f"有单位提请发布系列活动“{series.title}”", {*await community_of(session, event.path)}
    if event.action == "make":
        days = "、".join(event.data.get("without_venue", ()))
        words = f"系列活动“{series.title}”有几次没有订到场地：{days}；请为这几次另选场地并告知报名者"
        return words if days else "", {series.responsible_id}
    step = {SeriesAction.PUBLISH.value: "已发布", SeriesAction.END.value: "已结束"}.get(event.action)
    return f"系列活动“{series.title}”{step}" if step else "", {series.responsible_id}


async def _coming(session: AsyncSession, activity: Activity, states: Collection[SignUpState]) -> set[UUID | None]:
    """Whoever is in one of these states, and the guardians who signed them up."""
    rows = select(SignUp.person_id, SignUp.guardian_id).where(SignUp.activity_id == activity.id)
    return {person for row in await session.execute(rows.where(SignUp.state.in_(states))) for person in row}
