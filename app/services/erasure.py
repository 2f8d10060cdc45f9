"""Deletion of a person (个人信息保护法): their secret is destroyed, so nothing sealed for them ever opens again (I14).

What stays is a row without a name that ledgers, histories and the audit trail point to: hours still sum, decisions can still
be traced. What was typed about them or by them in the clear is replaced; what only described them is deleted.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import RuleBroken
from app.domain.activities import ACTIVITY
from app.domain.activity_series import SERIES
from app.domain.assignments import ACTIVE, AssignmentState
from app.domain.bookings import PENDING
from app.domain.co_handlings import RUNNING
from app.domain.needs import ENDED
from app.domain.pairings import PairingEnd
from app.domain.people import Actor, PartyStatus, Relation, Role
from app.domain.resources import RESOURCE, STANDING, ResourceAction
from app.domain.sign_ups import UNDER_WAY
from app.models import (
    Activity,
    ActivitySeries,
    Approval,
    Assignment,
    Booking,
    ClaimItem,
    CoHandling,
    EmploymentRecord,
    Grant,
    Guardianship,
    Match,
    Need,
    Order,
    Person,
    Place,
    Resource,
    Revisit,
    SignUp,
)
from app.services import (
    approvals,
    erasure_rows,
    grants_end,
    orders_beside,
    pairings,
    people_seal,
    relaying,
    whistles_words,
)
from app.services.access import in_force
from app.services.erasure_rows import GONE
from app.services.outbox import publish

_OF_ONESELF = frozenset({Role.RESIDENT, Role.VOLUNTEER, Role.PARTY_MEMBER})
"""Roles that end with the person; any other is an office, which somebody has to take over first."""
_IN_HAND = ACTIVE | {AssignmentState.INVITED}
KEPT: tuple[dict[str, str], ...] = (
    {"what": "服务时长账", "why": "志愿服务记录与证明出具办法（试行）：服务记录须真实完整；只留编号，不再能对应到人"},
    {"what": "需求与工单的类别、地点、经过的状态与时间", "why": "事情办过的凭据；您写的文字已删除"},
    {"what": "对外提供个人信息的记录", "why": "网络数据安全管理条例：至少保存三年；只有编号与信息种类"},
    {"what": "同意与撤回的记录", "why": "证明处理曾有依据；只有编号与时间"},
    {"what": "操作日志", "why": "至少保存六个月；编号、时间、网络地址与当时写明的理由，没有敏感字段的内容"},
)


async def erase(session: AsyncSession, actor: Actor, person: Person) -> dict[str, Any]:
    """Destroy what is known of a person and say what was deleted and what is kept, and why. 422 while they have work under way.

    The person is locked by the caller. Records that were merged into theirs are destroyed with it. What they asked others to
    approve, and nobody has decided, is void: without its words it cannot be granted.
    """
    await relaying.wait(session, person.district_id)
    await must_be_free(session, person)
    everyone = [person, *await _merged_into(session, person)]
    ids = [record.id for record in everyone]
    await pairings.end_of_member(session, actor, ids, PairingEnd.LEFT)
    deleted = await erasure_rows.delete_rows(session, actor, ids)
    deleted |= await _blank_needs(session, actor, ids)
    deleted |= await _blank_resources(session, actor, ids)
    await approvals.void(session, Approval.asked_by.in_(ids))
    for record in everyone:
        await _shred(session, actor, record)
    await erasure_rows.forget_urges(session, ids)
    await erasure_rows.blank_oversight(session, await _their_orders(session, ids))
    for record in everyone:
        deleted["events"] = deleted.get("events", 0) + (await session.scalar(select(func.forget_words(record.id))) or 0)
    return {"deleted": {name: count for name, count in deleted.items() if count}, "kept": list(KEPT)}


async def must_be_free(session: AsyncSession, person: Person) -> None:
    """422 with the list of what is still under way."""
    found = [item for what, ids in _under_way(person) for item in await _open(session, what, ids)]
    if found:
        kinds = "、".join(dict.fromkeys(item["what"] for item in found))
        raise RuleBroken(f"尚有未了结的{kinds}，了结后方可删除", open=found)


def _under_way(person: Person) -> list[tuple[str, Select[UUID]]]:
    """What somebody would have to end first, by what it is called."""
    mine, guards = Assignment.person_id == person.id, Guardianship.guardian_id == person.id
    office = (Grant.person_id == person.id, Grant.role.not_in(_OF_ONESELF), in_force(now()))
    employed = (EmploymentRecord.person_id == person.id, EmploymentRecord.until_on.is_(None))
    return [
        ("需求", select(Need.id).where(Need.asker_id == person.id, Need.state.not_in(ENDED))),
        ("接单", select(Assignment.id).where(mine, Assignment.state.in_(_IN_HAND))),
        ("协办", select(CoHandling.id).where(CoHandling.person_id == person.id, CoHandling.state.in_(RUNNING))),
        ("活动报名", select(SignUp.id).where(SignUp.person_id == person.id, SignUp.state.in_(UNDER_WAY))),
        *_answerable(person),
        ("资源预订", _booked_from(person)),
        ("任职", select(Grant.id).where(*office)),
        ("聘用", select(EmploymentRecord.id).where(*employed)),
        ("监护", select(Guardianship.id).where(guards, Guardianship.ended_at.is_(None))),
    ]


def _booked_from(person: Person) -> Select[UUID]:
    """What others still count on of what they offer."""
    offered = and_(Resource.district_id == Booking.district_id, Resource.id == Booking.resource_id)
    pending = (Resource.person_id == person.id, Booking.state.in_(PENDING))
    return select(Booking.id).join(Resource, offered).where(*pending)


def _answerable(person: Person) -> list[tuple[str, Select[UUID]]]:
    """Activities and series that would be left without anybody who answers for them."""
    held = (Activity.responsible_id == person.id, Activity.state.not_in(ACTIVITY.final))
    running = (ActivitySeries.responsible_id == person.id, ActivitySeries.state.not_in(SERIES.final))
    return [
        ("负责的活动", select(Activity.id).where(*held)),
        ("负责的系列活动", select(ActivitySeries.id).where(*running)),
    ]


async def _open(session: AsyncSession, what: str, ids: Any) -> list[dict[str, str]]:
    return [{"what": what, "id": str(row_id)} for row_id in await session.scalars(ids.limit(50))]


async def _merged_into(session: AsyncSession, person: Person) -> list[Person]:
    """Records that live on in this one, directly or through another."""
    found: list[Person] = []
    newest: Sequence[Person] = [person]
    while newest:
        into = Person.merged_into_id.in_([record.id for record in newest])
        newest = (await session.scalars(select(Person).where(into).with_for_update(key_share=True))).all()
        found += newest
    return found


async def _blank_needs(session: AsyncSession, actor: Actor, ids: list[UUID]) -> dict[str, int]:
    """What they asked for and how it went stays as a fact; their words, and words about their home, do not."""
    needs = (await session.scalars(select(Need).where(Need.asker_id.in_(ids)).with_for_update())).all()
    for need in needs:
        need.title = need.details = GONE
        need.risks = need.form = need.asker_name_sealed = None
        need.duty_override_words = GONE if need.duty_override_words else None
        publish(session, "need", need, "erase", actor=actor)
    listed = ClaimItem.need_id.in_([need.id for need in needs])
    for item in await session.scalars(select(ClaimItem).where(listed).with_for_update()):
        item.title = GONE
        publish(session, "claim-item", item, "erase", actor=actor)
    query = select(Order).where(Order.need_id.in_([need.id for need in needs])).with_for_update()
    orders = (await session.scalars(query)).all()
    for order in orders:
        order.title = GONE
        order.risks = order.rating_words = order.evidence = None
        order.result = GONE if order.result else None
        publish(session, "order", order, "erase", actor=actor)
    said = (Revisit.order_id.in_([order.id for order in orders]), Revisit.words.is_not(None))
    await session.execute(update(Revisit).where(*said).values(words=None))
    await orders_beside.blank_words(session, [order.id for order in orders], GONE)
    await erasure_rows.blank_matches(session, Match.need_id, [need.id for need in needs])
    about = [need.id for need in needs] + [order.id for order in orders]
    whistles = await whistles_words.of_orders(session, [order.id for order in orders])
    await erasure_rows.forget_answers(session, [*about, *whistles, *ids])
    return {"needs": len(needs), "orders": len(orders)}


async def _their_orders(session: AsyncSession, ids: list[UUID]) -> list[UUID]:
    """Orders for needs of theirs."""
    theirs = select(Order.id).join(Need, and_(Need.district_id == Order.district_id, Need.id == Order.need_id))
    return list(await session.scalars(theirs.where(Need.asker_id.in_(ids))))


async def _blank_resources(session: AsyncSession, actor: Actor, ids: list[UUID]) -> dict[str, int]:
    """What they offered stays as a fact, without their words and no nearer than the area it served."""
    rows = (await session.scalars(select(Resource).where(Resource.person_id.in_(ids)).with_for_update())).all()
    for row in rows:
        area = (await session.scalars(select(Place).where(Place.id == row.service_place_id))).one()
        row.name = GONE
        row.details = None
        row.state_words = GONE if row.state_words else None
        row.place_id, row.path = area.id, area.path
        row.lon = row.lat = row.grid_id = None
        booked_there = update(Booking).where(Booking.resource_id == row.id).values(path=area.path)
        await session.execute(booked_there.execution_options(synchronize_session=False))
        if row.state in STANDING:
            _withdraw(session, actor, row)
        publish(session, "resource", row, "erase", actor=actor)
    await session.flush()
    await erasure_rows.blank_matches(session, Match.resource_id, [row.id for row in rows])
    told = (Booking.resource_id.in_([row.id for row in rows]), Booking.cancel_words.is_not(None))
    booked = update(Booking).where(*told).values(cancel_words=GONE).returning(Booking.id)
    about = [row.id for row in rows] + list(await session.scalars(booked))
    await erasure_rows.forget_answers(session, about)
    return {"resources": len(rows)}


def _withdraw(session: AsyncSession, actor: Actor, row: Resource) -> None:
    step = RESOURCE.decide(row.state, ResourceAction.WITHDRAW, frozenset({Relation.OWNER}))
    source, row.state = row.state, step.target
    publish(session, RESOURCE.noun, row, "withdraw", actor=actor, source=source.value, target=row.state.value)


async def _shred(session: AsyncSession, actor: Actor, person: Person) -> None:
    """The record itself: nothing opens, nothing finds it, and home is no nearer than the community."""
    await grants_end.end_all(session, actor, person.id)
    home = await _home(session, person)
    people_seal.shred(person)
    person.place_id, person.path = home.id, home.path
    person.community_id, person.grid_id = home.community_id, None
    person.lon = person.lat = None
    person.sex = person.organization_id = person.service_radius_m = person.load_limit = None
    person.minor = False
    person.party_status = PartyStatus.NONE
    person.skills, person.languages = [], []
    person.erased_at = now()
    publish(session, "person", person, "erase", actor=actor)


async def _home(session: AsyncSession, person: Person) -> Place:
    """The community, or, outside any, the district."""
    query = select(Place).where(Place.id == person.community_id if person.community_id else Place.parent_id.is_(None))
    return (await session.scalars(query)).one()
