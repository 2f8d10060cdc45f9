"""A row of every tenant table that the loop itself leaves empty, put there by the owner: what must not be seen from outside."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.accounts import ChallengeKind
from app.domain.activities import ActivityState
from app.domain.activity_series import SeriesState
from app.domain.audit import Caller, Outcome
from app.domain.budgets import FundSource, VoucherKind
from app.domain.catalogue import Skill
from app.domain.co_handlings import CoHandlingState
from app.domain.consents import GivenBy, LegalBasis, Purpose
from app.domain.dispatch_batches import ChoiceResult
from app.domain.dispatch_cost import WEIGHTS as DISPATCH
from app.domain.dispatch_cost import told
from app.domain.duty_turns import DrawState, ExchangeState, TurnState
from app.domain.escalations import EscalationState
from app.domain.extensions import ExtensionState
from app.domain.joint_work import ClaimState, ItemState, MeetingState
from app.domain.matches import MatchState
from app.domain.matching import WEIGHTS
from app.domain.needs import NeedSource
from app.domain.objections import Ground
from app.domain.profiles import Employment, GuardianRelation, HouseholdRelation
from app.domain.programmes import Measure, ProgrammeKind
from app.domain.project_suggestions import SuggestionState
from app.domain.projects import Link, Part, ProjectKind
from app.domain.revisits import RevisitState
from app.domain.rights import RightsKind
from app.domain.sign_ups import SignUpState
from app.domain.supervisions import SupervisionState
from app.domain.whistle_calls import CallState
from app.models import (
    AuditEntry,
    AuditLink,
    AuditWaiting,
    AvailabilityException,
    AvailabilityWindow,
    Base,
    Booking,
    BudgetLine,
    CareFact,
    Certificate,
    Challenge,
    ClaimItem,
    Client,
    ClientSecret,
    CommitteeMember,
    Consent,
    Disclosure,
    DispatchChoice,
    DispatchRule,
    DispatchRuleVersion,
    DispatchTurn,
    DispatchWeights,
    DutyDraw,
    DutyExchange,
    DutyTurn,
    EmploymentRecord,
    Evaluation,
    Guardianship,
    HouseholdMember,
    Indicator,
    JointMeeting,
    LexiconEntry,
    MatchWeights,
    MeetingAddition,
    MeetingAttendance,
    MeetingDecision,
    Milestone,
    Need,
    NeedRespondent,
    Objection,
    OfficeHours,
    Order,
    OrderRound,
    OrderWay,
    Pairing,
    PartyMembership,
    Programme,
    Project,
    ProjectNeed,
    ProjectUnit,
    RateLimit,
    RecoveryCode,
    RefreshToken,
    Resource,
    ResourceException,
    ResourceWindow,
    RightsRequest,
    ServiceClaim,
    Substitution,
    Volunteer,
    Voucher,
    WechatIdentity,
)
from tests.services.rows import put_dismissal, put_revisit
from tests.services.rows_activities import put_activity, put_member, put_role, put_series, put_sign_up
from tests.services.rows_beside import put_co_handling, put_extension
from tests.services.rows_dispatch_batches import put_dispatch_batch
from tests.services.rows_matches import put_batch, put_match
from tests.services.rows_oversight import put_escalation, put_supervision, put_urge
from tests.services.rows_projects import put_suggestion
from tests.services.rows_whistles import put_call
from tests.worlds import World

Rows = Iterator[tuple[type[Base], dict[str, Any]]]
_DIGEST = b"\x07" * 32
_SEALED = b"\x01sealed"


async def fill(session: AsyncSession, world: World) -> None:
    """Everything about resident1, who is recorded in every way there is."""
    own = (_signing_in(world), _authority_and_audit(world), _profile(world), _rights(world))
    for rows in (*own, _intake(world), _committee(world), _projects(world), _dispatch(world), _offers(world)):
        for model, columns in rows:
            await session.execute(insert(model).values(district_id=world.district_id, **_identified(model, columns)))
    await put_dismissal(session, world)
    await put_revisit(session, world, RevisitState.DUE)
    await put_match(session, world, MatchState.PROPOSED)
    await put_batch(session, world)
    order = (await session.scalars(select(Order).where(Order.district_id == world.district_id).limit(1))).one()
    batch = await put_dispatch_batch(session, world)
    chosen = {"result": ChoiceResult.PROPOSED, "choices": [], "path": order.path}
    session.add(DispatchChoice(district_id=world.district_id, batch_id=batch.id, order_id=order.id, **chosen))
    await put_urge(session, world, order)
    await put_supervision(session, world, order, SupervisionState.RUNNING)
    await put_escalation(session, world, order, EscalationState.RAISED)
    await put_extension(session, world, ExtensionState.ASKED)
    await put_co_handling(session, world, CoHandlingState.INVITED)
    await put_member(session, world, await put_series(session, world, SeriesState.RUNNING), "resident1")
    role = await put_role(session, await put_activity(session, world, ActivityState.OPEN))
    await put_sign_up(session, world, role, "resident1", SignUpState.CONFIRMED)
    await put_call(session, world, CallState.CALLED)
    await put_suggestion(session, world, SuggestionState.SUGGESTED)


def _identified(model: type[Base], columns: dict[str, Any]) -> dict[str, Any]:
    return columns if "id" in columns or "id" not in model.__table__.columns else {"id": new_id()} | columns


def _signing_in(world: World) -> Rows:
    soon, account = now() + timedelta(hours=1), world.accounts["resident1"]
    yield RefreshToken, {"sign_in_id": world.sign_ins["resident1"], "digest": _DIGEST, "expires_at": soon}
    yield RecoveryCode, {"account_id": account, "digest": _DIGEST}
    yield Challenge, {"kind": ChallengeKind.SECOND_FACTOR, "account_id": account, "expires_at": soon}
    wechat = {"openid_sealed": _SEALED, "openid_index": _DIGEST, "session_key_sealed": _SEALED}
    yield WechatIdentity, {"account_id": account, "appid": "wx0123456789abcdef"} | wechat
    yield RateLimit, {"bucket": _DIGEST, "full_at": soon}
    client = world.units["client"] = new_id()
    place = {"place_id": world.places["community"], "path": world.paths["community"], "place_kind": "community"}
    names = {"name": "接诉即办平台", "scopes": ["places:read"], "created_by": world.people["system"]}
    yield Client, {"id": client} | place | names
    yield ClientSecret, {"client_id": client, "digest": _DIGEST, "expires_at": soon}


def _authority_and_audit(world: World) -> Rows:
    away = {"absent_id": world.people["grid"], "substitute_id": world.people["sibling_grid"]}
    span = {"starts_at": now(), "ends_at": now() + timedelta(days=2), "reason": "休假"}
    where = {"path": world.paths["grid"], "arranged_by": world.people["community"]}
    yield Substitution, away | span | where
    for position in (10**9, None):
        entry = new_id()
        told = {"caller": Caller.SYSTEM, "operation": "probe", "outcome": Outcome.DONE, "opened": [], "data": {}}
        yield AuditEntry, {"id": entry} | told
        yield (
            (AuditLink, {"id": entry, "position": position, "hash": _DIGEST})
            if position
            else (
                AuditWaiting,
                {"id": entry},
            )
        )


def _profile(world: World) -> Rows:
    person, today = world.people["resident1"], now().date()
    yield PartyMembership, {"id": person}
    yield Volunteer, {"id": person, "categories": [], "entered_by": GivenBy.PERSON}
    work = {"kind": Employment.GRID_WORKER, "place_id": world.places["grid"], "full_time": True}
    yield EmploymentRecord, {"person_id": person, "since_on": today} | work
    paper = {"skill": Skill.NURSING, "title": "护士执业证", "issuer": "卫健委", "issued_on": today}
    yield Certificate, {"person_id": person} | paper
    yield AvailabilityWindow, {"person_id": person, "weekday": 1, "from_minute": 0, "until_minute": 60}
    yield AvailabilityException, {"person_id": person, "on": today, "free": False}
    yield (
        HouseholdMember,
        {
            "place_id": world.places["home1"],
            "person_id": person,
            "relation": HouseholdRelation.HEAD,
            "since_on": today,
        },
    )
    yield (
        Guardianship,
        {
            "minor_id": person,
            "guardian_id": world.people["resident2"],
            "relation": GuardianRelation.PARENT,
            "evidence": "户口簿",
            "verified_by": world.people["grid"],
        },
    )


def _intake(world: World) -> Rows:
    place = {"place_id": world.places["community"], "path": world.paths["community"]}
    yield LexiconEntry, {"term": "蹲坑", "synonym_of": "马桶"} | place


def _rights(world: World) -> Rows:
    person, consent, path = world.people["resident1"], new_id(), world.paths["home1"]
    given = {"basis": LegalBasis.STATUTORY_DUTY, "given_by": GivenBy.PERSON, "giver_id": person, "separate": False}
    yield Consent, {"id": consent, "person_id": person, "purpose": Purpose.SERVICE, "path": path} | given
    fact = {"kind_sealed": _SEALED, "text_sealed": _SEALED, "recorded_by": world.people["grid"]}
    yield CareFact, {"person_id": person, "consent_id": consent} | fact
    passed_on = {"client_id": world.units["client"], "kinds": ["phone"], "subject_id": new_id()}
    yield Disclosure, {"person_id": person, "consent_id": consent} | passed_on
    asked = {"kind": RightsKind.ACCESS, "path": path, "due_at": now() + timedelta(days=15)}
    yield RightsRequest, {"person_id": person, "asked_by": person} | asked


def _committee(world: World) -> Rows:
    here = {"community_id": world.places["community"], "path": world.paths["community"]}
    yield CommitteeMember, here | {"organization_id": world.units["unit"], "joined_on": now().date()}
    paired = {"place_id": world.places["compound"], "path": world.paths["compound"], "starts_on": now().date()}
    yield Pairing, paired | {"level": "work_unit", "organization_id": world.units["unit"]}
    draw, turns, today = new_id(), [new_id(), new_id()], now().date()
    told = {"source": "某期开奖号码", "source_on": today, "nonce": "ab", "commitment": "cd", "entrants": []}
    yield DutyDraw, here | {"id": draw, "year": 2027, "state": DrawState.FROZEN} | told
    for number, (turn, unit) in enumerate(zip(turns, ("unit", "department"), strict=True), start=1):
        span = {"starts_on": today, "ends_on": today, "state": TurnState.PLANNED}
        whose = {"organization_id": world.units[unit], "draw_id": draw, "year": 2027, "number": number}
        yield DutyTurn, here | {"id": turn} | whose | span
    units = {"asking_id": world.units["unit"], "asked_id": world.units["department"]}
    pair = {"turn_id": turns[0], "other_turn_id": turns[1]}
    yield DutyExchange, here | units | pair | {"state": ExchangeState.ASKED, "due_on": today}
    meeting, item = new_id(), new_id()
    called = {
        "title": "联席会议",
        "starts_at": now(),
        "venue": "会议室",
        "agenda": ["通报"],
        "members": 1,
        "decisions": [],
    }
    yield JointMeeting, here | {"id": meeting, "turn_id": turns[0], "state": MeetingState.CALLED} | called
    yield MeetingAttendance, {"meeting_id": meeting, "organization_id": world.units["unit"]}
    yield MeetingAddition, {"meeting_id": meeting, "words": "补充", "added_by": world.people["liaison"]}
    decided = {"number": 1, "what": "加装扶手", "organization_id": world.units["unit"]}
    yield MeetingDecision, here | {"meeting_id": meeting} | decided
    need = select(Need.id).where(Need.district_id == world.district_id).limit(1).scalar_subquery()
    wanted = {"need_id": need, "title": "加装扶手", "most_units": 1, "state": ItemState.LISTED}
    yield ClaimItem, here | {"id": item, "turn_id": turns[0]} | wanted
    claim = {"item_id": item, "turn_id": turns[0], "organization_id": world.units["unit"], "leads": True}
    yield ServiceClaim, claim | {"path": world.paths["community"], "state": ClaimState.MADE}


def _projects(world: World) -> Rows:
    project, today = new_id(), now().date()
    where = {"place_id": world.places["community"], "path": world.paths["community"]}
    what = {"title": "楼道照明改造", "aims": "更换楼道灯", "kind": ProjectKind.QUALITY, "link": Link.SERVICES}
    when = {"starts_on": today, "ends_on": today, "proposed_by": world.people["community"]}
    brand = {"id": new_id(), "path": world.paths["community"]}
    named = {"kind": ProgrammeKind.PROGRAMME, "code": "unity", "name": "民族团结一家亲"}
    yield Programme, brand | {"community_id": world.places["community"]} | named
    counted = {"code": "n", "name": "项目", "unit": "个", "measure": Measure.PROJECTS_DELIVERED, "targets": {}}
    yield Indicator, {"programme_id": brand["id"], "path": brand["path"]} | counted
    yield Project, {"id": project} | where | what | when
    claim = {"organization_id": world.units["unit"], "part": Part.LEAD, "claimed_by": world.people["liaison"]}
    yield ProjectUnit, {"project_id": project} | claim
    need = {"asked_at": now(), "title": "灯坏了", "details": "楼道灯", "source": NeedSource.SELF}
    asked = {"id": new_id(), "asker_id": world.people["resident1"]}
    yield Need, asked | where | need
    yield NeedRespondent, {"need_id": asked["id"], "person_id": world.people["member1"]}
    line = {"id": new_id(), "project_id": project, "path": where["path"]}
    yield BudgetLine, line | {"purpose": "灯具", "source": FundSource.COMMUNITY, "amount_fen": 0}
    paper = {"number": "1", "dated_on": today, "payee": "五金商行", "amount_fen": 1, "evidence_digest": "0" * 64}
    told = {"line_id": line["id"], "kind": VoucherKind.SPEND, "entered_by": world.people["liaison"]}
    yield Voucher, {"project_id": project, "path": where["path"]} | paper | told
    voice = {"project_id": project, "round": 1, "person_id": world.people["resident1"], "rating": 5}
    yield Evaluation, voice | {"path": where["path"]}
    yield Milestone, {"project_id": project, "path": where["path"], "title": "灯具到货", "due_on": today}
    yield ProjectNeed, {"project_id": project, "need_id": asked["id"], "path": where["path"]}


def _dispatch(world: World) -> Rows:
    rule, chain = new_id(), {"steps": [{"way": "by_hand"}]}
    yield DispatchRule, {"id": rule, "path": world.paths["district"], "number": 1} | chain
    yield DispatchRuleVersion, {"rule_id": rule, "number": 1} | chain
    turn = {"turn": 1, "served_at": now(), "circle_id": world.units["unit"]}
    yield DispatchTurn, turn | {"person_id": world.people["resident1"]}
    order = select(Order.id).where(Order.district_id == world.district_id).limit(1).scalar_subquery()
    yield OrderWay, {"order_id": order, "path": world.paths["home1"], "step": 0, "waves": 0} | chain
    ended = {"round": 1, "category": "repair.plumbing", "outcome": "solved", "rating": 2, "closed_at": now()}
    yield OrderRound, {"order_id": order, "path": world.paths["home1"]} | ended
    unit = {"organization_id": world.units["unit"], "unit_path": world.paths["community"]}
    given = {"assigned_from": world.paths["community"], "assigned_by": world.people["grid"]}
    said = {"ground": Ground.NOT_OUR_DUTY, "basis": "三定方案", "objected_at": now()}
    by = {"objected_by": world.people["liaison"], "path": world.paths["home1"]}
    yield Objection, {"order_id": order} | unit | given | said | by


def _offers(world: World) -> Rows:
    kept = {
        "path": world.paths["district"],
        "edition": 1,
        "weights": told(DISPATCH),
        "set_by": world.people["district"],
    }
    yield DispatchWeights, kept
    yield MatchWeights, {"path": world.paths["district"], "weights": WEIGHTS}
    hours = {"valid_from": now().date(), "week": [[[540, 720]]] * 7, "set_by": world.people["district"]}
    yield OfficeHours, {"path": world.paths["district"]} | hours
    row, place = new_id(), {"place_id": world.places["home1"], "path": world.paths["home1"]}
    area = {"service_place_id": world.places["community"], "service_path": world.paths["community"]}
    kind = {
        "kind": "materials",
        "nature": "shared",
        "name": "轮椅",
        "categories": ["other"],
        "quantity": 2,
        "unit": "辆",
    }
    yield (
        Resource,
        {"id": row, "person_id": world.people["resident1"], "starts_at": now(), "remind_days": 14}
        | place
        | area
        | kind,
    )
    yield ResourceWindow, {"resource_id": row, "weekday": 1, "from_minute": 0, "until_minute": 60}
    yield ResourceException, {"resource_id": row, "on": now().date(), "free": False}
    use = {"use_place_id": world.places["home1"], "use_path": world.paths["home1"], "expires_at": now()}
    purpose = {"purpose": "need", "purpose_id": new_id(), "booked_by": world.people["grid"]}
    purpose |= {"during": Range(now(), now() + timedelta(hours=1), bounds="[)")}
    yield Booking, {"resource_id": row, "path": world.paths["home1"], "nature": "shared", "quantity": 1} | use | purpose
