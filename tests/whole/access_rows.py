"""The rows the access matrix tries operations on: one builder a noun, and one for each operation that needs another.

Here are those of the work itself: needs, orders, hours and what belongs to them. ``access_registry`` lists them.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain import access
from app.domain.approvals import ApprovalState, Subject
from app.domain.assignments import ASSIGNMENT, AssignmentState
from app.domain.catalogue import Terms
from app.domain.hours import FLOW, EntryKind, Source
from app.domain.lifecycle import Lifecycle
from app.domain.needs import NEED, NeedState
from app.domain.orders import ORDER, OrderAction, OrderState
from app.domain.people import Relation
from app.domain.revisits import RevisitState
from app.models import (
    Approval,
    Category,
    Event,
    HourEntry,
    Import,
    LexiconEntry,
    Notice,
    Organization,
    Place,
    ServiceWindow,
)
from app.workers import relay
from tests.services.rows import (
    Held,
    put_assignment,
    put_dismissal,
    put_need,
    put_order,
    put_respondent,
    put_revisit,
)
from tests.stories.steps import AT_HOME
from tests.whole.access_ground import Ground, Row, add_row
from tests.whole.document import Operation

WORDS = {"words": "说明"}
PARTIES = {
    Relation.ASKER: "resident1",
    Relation.ASKED: "member2",
    Relation.HOLDER: "member1",
    Relation.UNIT: "liaison",
    Relation.FOLLOWER: "resident2",
}
"""Who is what to the rows below."""


def party_to(operation: Operation) -> str | None:
    """The person of the world to whom a relation gives the operation."""
    holders = access.TABLE.get(operation.permission, frozenset())
    return next((who for relation, who in PARTIES.items() if relation in holders), None)


def source_of(lifecycle: Lifecycle[Any, Any], operation: Operation, otherwise: Any) -> Any:
    """A state the operation's action leads out of."""
    word = operation.path.rpartition("/")[2].replace("-", "_")
    steps = [step for step in lifecycle.steps if step.action == word and step.by_people]
    return next((state for step in steps for state in lifecycle.states if state in step.sources), otherwise)


async def need(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    state = (
        NeedState.IN_SERVICE if operation.name == "need_explain" else source_of(NEED, operation, NeedState.SUBMITTED)
    )
    row = await put_need(session, ground.world, state, followed=True)
    into = await put_need(session, ground.world, NeedState.ACCEPTED)
    if operation.name == "need_restore_duplicate":
        await put_dismissal(session, ground.world, row, into)
    more: dict[str, Any] = {"accept": {"auto_offer": False}}.get(operation.path.rpartition("/")[2], {})
    if operation.name == "need_name_respondent":
        more = {"person_id": str(ground.world.people["volunteer2"])}
    ids = {"into_id": str(into.id), "other_id": str(into.id)}
    if operation.name == "need_clear_respondent":
        ids["respondent_id"] = str(await put_respondent(session, ground.world, row))
    return Row(
        row.id,
        party=party_to(operation) or "resident1",
        ids=ids,
        form=more,
    )


async def order(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Of resident1; member1 holds a place of it and member2 is asked, or the liaison's unit has it."""
    state = source_of(ORDER, operation, OrderState.PUBLISHED)
    wanted = await put_need(session, ground.world, NeedState.IN_SERVICE, followed=True)
    row = await put_order(session, ground.world, wanted, state, *_held(operation, state))
    ids = {"need_id": str(wanted.id), "person_id": str(ground.world.people["volunteer1"])}
    row.terms, row.auto_offer = {"insured": _word(operation) == "insure"}, _word(operation) == "halt"
    forms: dict[str, Any] = {OrderAction.START: {"position": AT_HOME}, "insure": {"insured_until": "2099-12-31"}}
    return Row(row.id, party=party_to(operation) or "resident1", ids=ids, form=forms.get(_word(operation), {}))


def _word(operation: Operation) -> Any:
    return operation.path.rpartition("/")[2].replace("-", "_")


def _held(operation: Operation, state: OrderState) -> tuple[Held, ...]:
    if _word(operation) in {OrderAction.OBJECT, OrderAction.UPHOLD, OrderAction.OVERRULE}:
        return (Held("unit", AssignmentState.ACCEPTED, unit=True),)
    if _word(operation) in {OrderAction.OFFER, OrderAction.PUBLISH, OrderAction.ASSIGN, OrderAction.TAKE}:
        return ()
    done = state in {OrderState.IN_PROGRESS, OrderState.REPORTED, OrderState.CLOSED}
    holder = Held("member1", AssignmentState.CHECKED_OUT if done else AssignmentState.ACCEPTED)
    return (holder, Held("member2", AssignmentState.INVITED))


async def assignment(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """member1's, in an order of resident1's under way."""
    await _free_everyone(ground, session)
    state = source_of(ASSIGNMENT, operation, AssignmentState.ACCEPTED)
    wanted = await put_need(session, ground.world, NeedState.IN_SERVICE)
    parent = await put_order(session, ground.world, wanted, OrderState.IN_PROGRESS)
    parent.people_accepted = 1
    row = await put_assignment(session, ground.world, parent, 1, Held("member1", state))
    form = {"position": AT_HOME} if operation.name == "assignment_check_in" else {}
    return Row(row.id, party="member1", form=form)


async def revisit(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Of an order of resident1's; of one that has none yet, where one is to be begun."""
    if operation.name == "revisit_open":
        wanted = await put_need(session, ground.world, NeedState.CLOSED)
        closed = await put_order(session, ground.world, wanted, OrderState.CLOSED)
        return Row(closed.id, ids={"order_id": str(closed.id)})
    row = await put_revisit(session, ground.world, RevisitState.DUE)
    form = {"solved": True, "satisfied": True} if _word(operation) == "record" else {}
    return Row(row.id, form=form)


async def hour(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """An hour of member1's, recorded and not confirmed."""
    world, start = ground.world, now() - timedelta(hours=3)
    await _free_everyone(ground, session)
    wanted = await put_need(session, world, NeedState.CLOSED)
    served = await put_order(session, world, wanted, OrderState.CLOSED, Held("member1", AssignmentState.CHECKED_OUT))
    debit, credit = FLOW[EntryKind.RECORD]
    row = HourEntry(
        district_id=world.district_id,
        id=new_id(),
        kind=EntryKind.RECORD,
        person_id=world.people["member1"],
        order_id=served.id,
        path=served.path,
        community_id=served.community_id,
        debit=debit,
        credit=credit,
        minutes=60,
        served_from=start,
        served_until=start + timedelta(hours=1),
        source=Source.WITNESSED,
    )
    await add_row(session, row, "hours", "record")
    ids = {"order_id": str(served.id), "person_id": str(world.people["member1"])}
    span = {"served_from": (now() - timedelta(hours=9)).isoformat(), "served_until": _hours_ago(8)}
    return Row(row.id, party="member1", ids=ids, form=span if operation.name == "hour_supplement" else {})


async def _free_everyone(ground: Ground, session: AsyncSession) -> None:
    """Nobody serves anywhere: what another cell began does not stand in this one's way."""
    await session.execute(delete(ServiceWindow).where(ServiceWindow.district_id == ground.world.district_id))


def _hours_ago(hours: int) -> str:
    return (now() - timedelta(hours=hours)).isoformat()


async def approval(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    """Asked for by member1: to suspend an order they are at work on."""
    world = ground.world
    wanted = await put_need(session, world, NeedState.IN_SERVICE)
    working = Held("member1", AssignmentState.CHECKED_IN)
    subject = await put_order(session, world, wanted, OrderState.IN_PROGRESS, working)
    row = Approval(
        district_id=world.district_id,
        id=new_id(),
        subject=Subject.ORDER,
        subject_id=subject.id,
        action=OrderAction.SUSPEND,
        form={"reason": "weather", "words": "大雨"},
        path=subject.path,
        state=ApprovalState.PENDING,
        asked_by=world.people["member1"],
    )
    await add_row(session, row, "approval", "ask")
    return Row(row.id, party="member1")


async def event(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    """A need's first event, relayed: what is not has no place in the feed yet."""
    row = await put_need(session, ground.world, NeedState.SUBMITTED)
    await session.commit()
    await relay.relay_district(ground.app.state.database, ground.world.district_id)
    return Row(row.id, party="resident1")


async def notice(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Told to resident1."""
    about = await put_need(session, ground.world, NeedState.SUBMITTED)
    told = await session.scalar(select(Event.id).where(Event.aggregate_id == about.id))
    row = Notice(
        district_id=ground.world.district_id,
        id=new_id(),
        person_id=ground.world.people["resident1"],
        event_id=told,
        text="已收到",
    )
    session.add(row)
    await session.flush()
    return Row(row.id, party="resident1")


async def put_compound(ground: Ground, session: AsyncSession) -> Place:
    """A compound of its own in the grid."""
    world, row_id = ground.world, new_id()
    code = row_id.hex[-8:]
    row = Place(
        district_id=world.district_id,
        id=row_id,
        kind="compound",
        parent_id=world.places["grid"],
        code=code,
        name="体委小区",
        path=f"{world.paths['grid']}{code}/",
        community_id=world.places["community"],
        grid_id=world.places["grid"],
    )
    await add_row(session, row, "place", "create")
    return row


async def place(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    row = await put_compound(ground, session)
    return Row(row.id, form={"code": new_id().hex[-8:]} if operation.method == "POST" else {})


async def organization(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    world = ground.world
    row = Organization(
        district_id=world.district_id,
        id=new_id(),
        kind="partner_unit",
        name=f"青城便民服务中心{new_id().hex[-8:]}",
        place_id=world.places["community"],
        path=world.paths["community"],
        community_id=world.places["community"],
        joint_committee=False,
    )
    await add_row(session, row, "organization", "create")
    if operation.method != "POST":
        return Row(row.id)
    return Row(row.id, ids={"place_id": str(world.places["community"])}, form={"name": f"{row.name}二"})


async def category(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    world, row_id = ground.world, new_id()
    row = Category(
        district_id=world.district_id,
        id=row_id,
        code=f"k{row_id.hex[-12:]}",
        path=world.paths["district"],
        name="读报陪读",
        terms=Terms().as_json(),
    )
    await add_row(session, row, "category", "create", world.paths["district"])
    return Row(row.id, form={"code": f"k{new_id().hex[-12:]}"} if operation.method == "POST" else {})


async def lexicon_entry(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """A word of the community's own."""
    world, row_id = ground.world, new_id()
    row = LexiconEntry(
        district_id=world.district_id,
        id=row_id,
        place_id=world.places["community"],
        path=world.paths["community"],
        term=f"w{row_id.hex[-12:]}",
        category="repair.plumbing",
        weight=5,
    )
    await add_row(session, row, "lexicon_entry", "create", world.paths["community"])
    if operation.method != "POST":
        return Row(row.id)
    more = {"term": f"w{new_id().hex[-12:]}", "category": "repair.plumbing", "weight": 5}
    return Row(row.id, ids={"place_id": str(world.places["community"])}, form=more)


async def import_(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    world = ground.world
    row = Import(
        district_id=world.district_id,
        id=new_id(),
        community_id=world.places["community"],
        path=world.paths["community"],
        file_name="留言.csv",
    )
    await add_row(session, row, "import", "create")
    return Row(row.id)


async def nothing(ground: Ground, session: AsyncSession, _: Operation) -> Row:
    """For operations that name no row."""
    return Row(new_id(), party="resident1")
