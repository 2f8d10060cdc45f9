"""Projects put straight into a state, as the owner, with their first event: where a matrix begins."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.ids import new_id
from app.domain.budgets import FundSource, VoucherKind, VoucherState
from app.domain.project_suggestions import SuggestionState
from app.domain.projects import CancelReason, Link, Part, ProjectKind, ProjectState
from app.models import BudgetLine, Event, OutboxRow, Project, ProjectSuggestion, ProjectUnit, Voucher
from tests.worlds import World

S = ProjectState
_AFTER_START = frozenset({S.RUNNING, S.DELIVERED, S.EVALUATED, S.ARCHIVED})
_AFTER_DELIVERY = frozenset({S.DELIVERED, S.EVALUATED, S.ARCHIVED})


async def put_project(
    session: AsyncSession,
    world: World,
    state: ProjectState,
    *,
    proposed_by: str = "liaison",
    unit: str | None = "unit",
    kind: ProjectKind = ProjectKind.MICRO,
    units: dict[str, Part] | None = None,
    **more: Any,
) -> Project:
    """A project in a compound of the world, proposed by the liaison's unit, with these units in it."""
    today = now().date()
    project = Project(
        district_id=world.district_id,
        id=new_id(),
        state=state,
        title="楼道照明改造",
        aims="更换楼道灯",
        kind=kind,
        link=Link.SERVICES,
        place_id=world.places["compound"],
        path=world.paths["compound"],
        community_id=world.places["community"],
        grid_id=world.places["grid"],
        starts_on=today,
        ends_on=today + timedelta(days=60),
        proposed_by=world.people[proposed_by],
        proposer_unit_id=world.units[unit] if unit else None,
        budget_fen=1_000_000,
        **_so_far(state),
        **more,
    )
    await put_with_event(session, world, project, "project", state.value)
    for name, part in (units or {}).items():
        session.add(_unit(world, project.id, name, part))
    await session.flush()
    return project


async def put_suggestion(session: AsyncSession, world: World, state: SuggestionState) -> ProjectSuggestion:
    """Of a kind of repair of its own in the world's compound, decided by the community."""
    moment, open_ = now(), state is SuggestionState.SUGGESTED
    adopted = await put_project(session, world, S.PROPOSED) if state is SuggestionState.ADOPTED else None
    suggestion = ProjectSuggestion(
        district_id=world.district_id,
        id=new_id(),
        place_id=world.places["compound"],
        path=world.paths["compound"],
        community_id=world.places["community"],
        category=f"repair.{new_id().hex}",
        state=state,
        since=moment - timedelta(days=30),
        decided_at=None if open_ else moment,
        decided_by=None if open_ else world.people["community"],
        reason="已在改造计划内" if state is SuggestionState.DISMISSED else None,
        project_id=adopted.id if adopted else None,
    )
    await put_with_event(session, world, suggestion, "project-suggestion", state.value)
    return suggestion


def _so_far(state: ProjectState) -> dict[str, Any]:
    moment = now()
    return {
        "listed_at": moment if state not in {S.PROPOSED, S.RETURNED} else None,
        "started_at": moment if state in _AFTER_START else None,
        "delivered_at": moment if state in _AFTER_DELIVERY else None,
        "result": "已完成" if state in _AFTER_DELIVERY else None,
        "people_reached": 120 if state in _AFTER_DELIVERY else None,
        "cancel_reason": CancelReason.OTHER if state is S.CANCELLED else None,
    }


async def put_line(session: AsyncSession, world: World, project: Project, **more: Any) -> BudgetLine:
    """A line of 400 000 fen."""
    line = BudgetLine(
        district_id=world.district_id,
        id=new_id(),
        project_id=project.id,
        path=project.path,
        purpose="灯具与安装",
        source=FundSource.SUBDISTRICT,
        amount_fen=400_000,
        **more,
    )
    await put_with_event(session, world, line, "budget-line")
    project.allotted_fen += line.amount_fen
    return line


async def put_voucher(session: AsyncSession, world: World, project: Project, state: VoucherState) -> Voucher:
    """Of 1 000 fen, entered by the liaison."""
    line = await put_line(session, world, project)
    line.reserved_fen = 1_000 if state is VoucherState.ENTERED else 0
    line.spent_fen = 1_000 if state is VoucherState.APPROVED else 0
    decided = state is not VoucherState.ENTERED
    voucher = Voucher(
        district_id=world.district_id,
        id=new_id(),
        project_id=project.id,
        line_id=line.id,
        path=project.path,
        kind=VoucherKind.SPEND,
        state=state,
        number=new_id().hex,
        dated_on=now().date(),
        payee="青城五金商行",
        amount_fen=1_000,
        evidence_digest="9f" * 32,
        entered_by=world.people["liaison"],
        decided_by=world.people["community"] if decided else None,
        reason="票据不清" if state is VoucherState.REJECTED else None,
    )
    await put_with_event(session, world, voucher, "voucher", state.value)
    return voucher


def _unit(world: World, project_id: UUID, name: str, part: Part) -> ProjectUnit:
    return ProjectUnit(
        district_id=world.district_id,
        id=new_id(),
        project_id=project_id,
        organization_id=world.units[name],
        part=part,
        claimed_by=world.people["liaison"],
    )


async def put_with_event(
    session: AsyncSession,
    world: World,
    row: Any,
    aggregate: str,
    target: str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """The row with event 1, so that its history is whole from the start."""
    event = Event(
        district_id=world.district_id,
        id=new_id(),
        aggregate=aggregate,
        aggregate_id=row.id,
        seq=1,
        action="put",
        target=target,
        path=row.path,
        data=data or {},
    )
    session.add_all([row, event])
    await session.flush()
    session.add(OutboxRow(district_id=world.district_id, id=event.id))
