"""What is deleted, emptied or kept of an erased person, table by table: ``FATES`` names every column that can point to a person."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Delete, Update, Uuid, case, delete, func, literal, null, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.accounts import SignInEnd
from app.domain.people import Actor, Relation
from app.domain.rights import RIGHTS, RightsAction, RightsState
from app.models import (
    Account,
    Activity,
    Assignment,
    AvailabilityException,
    AvailabilityWindow,
    CareFact,
    Certificate,
    Challenge,
    Consent,
    DispatchTurn,
    Escalation,
    Evaluation,
    Guardianship,
    HouseholdMember,
    IdempotencyKey,
    Match,
    NeedFollower,
    Notice,
    PartyMembership,
    RecoveryCode,
    RefreshToken,
    RightsRequest,
    SeriesMember,
    SignIn,
    SignUp,
    Substitution,
    Supervision,
    Volunteer,
    WechatIdentity,
)
from app.services import orders_beside
from app.services.outbox import publish

GONE = "（已按本人要求删除）"
"""What stands in place of words."""


class Fate(StrEnum):
    DELETED = "deleted"
    EMPTIED = "emptied"
    """The row stays, without a word about the person."""
    KEPT = "kept"
    """It holds ids, codes and times only, and the law or the ledgers need it."""


_D, _E, _K = Fate.DELETED, Fate.EMPTIED, Fate.KEPT
FATES: dict[tuple[str, str], Fate] = {
    ("accounts", "person_id"): _E,
    ("activities", "responsible_id"): _E,
    ("activity_series", "responsible_id"): _K,
    ("approvals", "asked_by"): _E,
    ("approvals", "decided_by"): _K,
    ("assignments", "person_id"): _E,
    ("availability_exceptions", "person_id"): _D,
    ("availability_windows", "person_id"): _D,
    ("bookings", "booked_by"): _K,
    ("care_facts", "person_id"): _D,
    ("care_facts", "recorded_by"): _K,
    ("certificates", "person_id"): _D,
    ("certificates", "verified_by"): _K,
    ("clients", "created_by"): _K,
    ("co_handlings", "answered_by"): _E,
    ("co_handlings", "invited_by"): _E,
    ("co_handlings", "person_id"): _E,
    ("committee_members", "deputy_id"): _K,
    ("committee_members", "liaison_id"): _K,
    ("consents", "giver_id"): _K,
    ("consents", "person_id"): _E,
    ("consents", "withdrawn_by"): _K,
    ("disclosures", "person_id"): _K,
    ("duplicate_dismissals", "dismissed_by"): _K,
    ("employments", "person_id"): _K,
    ("escalations", "decided_by"): _K,
    ("escalations", "raised_by"): _E,
    ("evaluations", "person_id"): _E,
    ("extensions", "asked_by"): _E,
    ("extensions", "decided_by"): _K,
    ("grants", "granted_by"): _K,
    ("grants", "lent_by"): _K,
    ("grants", "person_id"): _K,
    ("dispatch_batches", "requested_by"): _K,
    ("grants", "revoked_by"): _K,
    ("guardianships", "guardian_id"): _E,
    ("guardianships", "minor_id"): _E,
    ("guardianships", "verified_by"): _K,
    ("hour_entries", "person_id"): _E,
    ("household_members", "person_id"): _D,
    ("imports", "requested_by"): _K,
    ("meeting_additions", "added_by"): _K,
    ("meeting_attendances", "person_id"): _K,
    ("milestones", "done_by"): _K,
    ("office_hours", "set_by"): _K,
    ("dispatch_weights", "set_by"): _K,
    ("need_followers", "person_id"): _D,
    ("need_respondents", "cleared_by"): _K,
    ("need_respondents", "named_by"): _K,
    ("need_respondents", "person_id"): _K,
    ("match_batches", "requested_by"): _K,
    ("match_runs", "run_by"): _K,
    ("matches", "decided_by"): _K,
    ("needs", "asker_id"): _E,
    ("needs", "submitted_by"): _K,
    ("needs", "duty_override_by"): _K,
    ("notices", "person_id"): _D,
    ("pairings", "made_by"): _K,
    ("pairings", "person_id"): _K,
    ("objections", "assigned_by"): _K,
    ("objections", "judged_by"): _K,
    ("objections", "objected_by"): _E,
    ("party_memberships", "id"): _D,
    ("people", "merged_into_id"): _E,
    ("privacy_notices", "published_by"): _K,
    ("project_units", "claimed_by"): _K,
    ("project_suggestions", "decided_by"): _K,
    ("projects", "proposed_by"): _K,
    ("resources", "offered_by"): _K,
    ("resources", "person_id"): _E,
    ("revisits", "done_by"): _K,
    ("rights_requests", "asked_by"): _K,
    ("rights_requests", "decided_by"): _K,
    ("rights_requests", "person_id"): _E,
    ("series_members", "guardian_id"): _K,
    ("series_members", "person_id"): _D,
    ("dispatch_turns", "person_id"): _D,
    ("service_windows", "person_id"): _K,
    ("sign_ups", "guardian_id"): _K,
    ("sign_ups", "person_id"): _E,
    ("sign_ups", "signed_up_by"): _K,
    ("substitutions", "absent_id"): _E,
    ("substitutions", "arranged_by"): _K,
    ("substitutions", "substitute_id"): _K,
    ("supervisions", "answered_by"): _E,
    ("supervisions", "set_by"): _K,
    ("urges", "person_id"): _E,
    ("volunteers", "id"): _D,
    ("vouchers", "decided_by"): _K,
    ("vouchers", "entered_by"): _K,
    ("whistle_calls", "present_id"): _K,
    ("whistle_calls", "ruled_by"): _K,
    ("whistles", "decided_by"): _K,
    ("whistles", "drafted_by"): _K,
}
"""Table and column → what becomes of the row. A test holds it against every foreign key to people."""
_BY_PERSON: tuple[tuple[Any, Any], ...] = (
    (CareFact, CareFact.person_id),
    (Certificate, Certificate.person_id),
    (PartyMembership, PartyMembership.id),
    (Volunteer, Volunteer.id),
    (AvailabilityWindow, AvailabilityWindow.person_id),
    (AvailabilityException, AvailabilityException.person_id),
    (HouseholdMember, HouseholdMember.person_id),
    (SeriesMember, SeriesMember.person_id),
    (DispatchTurn, DispatchTurn.person_id),
    (Notice, Notice.person_id),
    (NeedFollower, NeedFollower.person_id),
    (IdempotencyKey, IdempotencyKey.caller_id),
)
_BY_ACCOUNT: tuple[tuple[Any, Any], ...] = (
    (WechatIdentity, WechatIdentity.account_id),
    (Challenge, Challenge.account_id),
    (RecoveryCode, RecoveryCode.account_id),
)


async def delete_rows(session: AsyncSession, actor: Actor, ids: list[UUID]) -> dict[str, int]:
    """Delete and empty whatever points to these people; the numbers of deleted rows by table."""
    await _close_consents(session, actor, ids)
    await _close_requests(session, ids)
    found = {model.__tablename__: await _run(session, delete(model).where(key.in_(ids))) for model, key in _BY_PERSON}
    theirs = select(Account.id).where(Account.person_id.in_(ids)).order_by(Account.id).with_for_update()
    accounts = list(await session.scalars(theirs))  # before their sign-ins, as by every verb
    found |= {m.__tablename__: await _run(session, delete(m).where(key.in_(accounts))) for m, key in _BY_ACCOUNT}
    await _close_accounts(session, accounts)
    await _run(session, update(Assignment).where(Assignment.person_id.in_(ids)).values(choice=None))
    await _run(session, update(Activity).where(Activity.responsible_id.in_(ids)).values(words=None))
    silent = {"words": None, "rating_words": None, "guardian_evidence": None}
    await _run(session, update(SignUp).where(SignUp.person_id.in_(ids)).values(silent))
    await _run(session, update(Evaluation).where(Evaluation.person_id.in_(ids)).values(words=None))
    answered = update(Supervision).where(Supervision.answered_by.in_(ids))
    await _run(session, answered.values(answer=GONE))
    raised = update(Escalation).where(Escalation.raised_by.in_(ids))
    await _run(session, raised.values(tried=GONE, wish=GONE))
    evidence = {"evidence": GONE, "ended_at": func.coalesce(Guardianship.ended_at, now())}
    for end in (Guardianship.minor_id, Guardianship.guardian_id):
        await _run(session, update(Guardianship).where(end.in_(ids)).values(evidence))
    await orders_beside.blank_written(session, ids, GONE)
    await _run(session, update(Substitution).where(Substitution.absent_id.in_(ids)).values(reason=GONE))
    return found


async def _run(session: AsyncSession, statement: Delete | Update) -> int:
    result: Any = await session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)


async def _close_accounts(session: AsyncSession, accounts: list[UUID]) -> None:
    """No way to sign in is left, and nothing of where from it was done."""
    moment = now()
    ours = SignIn.account_id.in_(accounts)
    tokens = RefreshToken.sign_in_id.in_(select(SignIn.id).where(ours))
    await _run(session, delete(RefreshToken).where(tokens))
    ended = {"ended_at": moment, "ended_by": SignInEnd.ERASED}
    await _run(session, update(SignIn).where(ours, SignIn.ended_at.is_(None)).values(ended))
    await _run(session, update(SignIn).where(ours).values(address=None, device=None))
    emptied: dict[str, Any] = {
        "login": None,
        "password_hash": None,
        "former_hashes": [],
        "password_set_at": None,
        "totp_sealed": None,
        "totp_confirmed_at": None,
        "totp_step": None,
        "disabled_at": func.coalesce(Account.disabled_at, moment),
        "updated_at": moment,
    }
    await _run(session, update(Account).where(Account.id.in_(accounts)).values(emptied))


async def _close_consents(session: AsyncSession, actor: Actor, ids: list[UUID]) -> None:
    """Whatever was agreed to has ended; what staff went by, a signed sheet or another basis, is no longer told."""
    rows = await session.scalars(select(Consent).where(Consent.person_id.in_(ids), Consent.withdrawn_at.is_(None)))
    for row in rows:
        row.withdrawn_at, row.withdrawn_by = now(), actor.person_id
        publish(session, "consent", row, "withdraw", actor=actor, data={"person_id": str(row.person_id)})
    await session.flush()
    told = (Consent.person_id.in_(ids), Consent.evidence.is_not(None))
    await _run(session, update(Consent).where(*told).values(evidence=GONE))


async def _close_requests(session: AsyncSession, ids: list[UUID]) -> None:
    """Other requests of theirs are moot, and no words of any are kept."""
    rows = await session.scalars(select(RightsRequest).where(RightsRequest.person_id.in_(ids)))
    for row in rows:
        row.words_sealed = row.answer_sealed = row.outcome = None
        if row.state is RightsState.RECEIVED and row.kind != "deletion":
            step = RIGHTS.decide(row.state, RightsAction.WITHDRAW, frozenset({Relation.SUBJECT}))
            source, row.state = row.state, step.target
            data = {"kind": row.kind.value}
            publish(
                session,
                RIGHTS.noun,
                row,
                "withdraw",
                actor=None,
                source=source.value,
                target=row.state.value,
                data=data,
            )


_SHOWING = text("""
DELETE FROM idempotency_keys kept WHERE EXISTS (
  SELECT FROM unnest(CAST(:about AS text[])) AS row_id WHERE position(convert_to(row_id, 'UTF8') IN kept.body) > 0)""")


async def forget_answers(session: AsyncSession, about: Sequence[UUID]) -> None:
    """Answers kept for a day to be given again, to anybody, that show one of these rows."""
    await session.execute(_SHOWING, {"about": [str(row_id) for row_id in about]})


async def blank_oversight(session: AsyncSession, orders: Sequence[UUID], word: str = GONE) -> None:
    """What was written beside these orders: that they were urged, supervised and escalated stays, and on what grounds."""
    await forget_urges(session, orders)
    for model, asked, said in (
        (Supervision, ("words",), ("answer", "reply")),
        (Escalation, ("tried", "wish"), ("decision", "help", "reply")),
    ):
        columns = {name: case((getattr(model, name).is_(None), null()), else_=literal(word)) for name in said}
        blank = update(model).where(model.order_id.in_(orders))
        await _run(session, blank.values(dict.fromkeys(asked, word) | columns))


async def forget_urges(session: AsyncSession, about: Sequence[UUID]) -> None:
    """What was said with urges of these orders, or by these people. The database does it only where their own words are gone."""
    await session.flush()
    rows: Any = literal(list(about), ARRAY(Uuid))
    await session.execute(select(func.forget_urges(rows)))


async def blank_matches(session: AsyncSession, which: Any, ids: Sequence[UUID], word: str = GONE) -> None:
    """Why a resource was not taken up for a need may tell of either: the words go, the reason's class stays."""
    told = (which.in_(ids), Match.dismiss_words.is_not(None))
    await session.execute(update(Match).where(*told).values(dismiss_words=word))
