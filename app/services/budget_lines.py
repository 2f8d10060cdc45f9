"""Budget lines: add, change, move money between them. Never more than the project's total, never less than what is spent."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.budgets import MOVE, RAISE, FundSource
from app.domain.people import Actor
from app.domain.projects import ABOVE
from app.models import BudgetLine, Organization
from app.schemas.budget_lines import (
    BudgetLineCreate,
    BudgetLineMove,
    BudgetLineQuery,
    BudgetLineRaise,
    BudgetLineRead,
    BudgetLineUpdate,
)
from app.services import approvals
from app.services.outbox import changes, hold, publish
from app.services.places import paged
from app.services.projects_case import ProjectCase
from app.services.projects_parts import in_sight, must_allow, must_go_on, part_of, project_for

NOUN = "budget-line"
_FIELDS = tuple(BudgetLineRead.model_fields)


def present(line: BudgetLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in _FIELDS}


async def load(session: AsyncSession, actor: Actor, line_id: UUID) -> BudgetLine:
    line, _ = await part_of(session, actor, BudgetLine, line_id, "budget-lines:read", lock=False)
    return line


async def page(session: AsyncSession, actor: Actor, query: BudgetLineQuery) -> Page[BudgetLine]:
    access.require_anywhere(actor, "budget-lines:list")
    rows = select(BudgetLine).where(in_sight(BudgetLine, actor))
    for name in ("project_id", "source", "organization_id"):
        if (value := getattr(query, name)) is not None:
            rows = rows.where(getattr(BudgetLine, name) == value)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(BudgetLine.id > after)
    return paged((await session.scalars(rows.order_by(BudgetLine.id).limit(query.limit + 1))).all(), query.limit)


async def create(session: AsyncSession, actor: Actor, form: BudgetLineCreate) -> BudgetLine:
    case = await project_for(session, actor, form.project_id, "budget-lines:create")
    must_allow(case, "budget-lines:create")
    must_go_on(case)
    await _check_payer(session, case, form)
    _allot(case, form.amount_fen)
    line = BudgetLine(
        district_id=actor.district_id,
        id=new_id(),
        path=case.project.path,
        reserved_fen=0,
        spent_fen=0,
        **form.model_dump(),
    )
    session.add(line)
    publish(session, NOUN, line, "create", actor=actor, data=changes(form.model_dump(mode="json")))
    return line


async def _check_payer(session: AsyncSession, case: ProjectCase, form: BudgetLineCreate) -> None:
    if (form.source is FundSource.UNIT) != (form.organization_id is not None):
        raise RuleBroken("单位出资须写明单位，其他来源不填", field="organization_id")
    if form.organization_id is None:
        return
    path = await session.scalar(select(Organization.path).where(Organization.id == form.organization_id))
    if path is None or not case.project.path.startswith(path):
        raise NotFound("此地点没有这个单位")


def _allot(case: ProjectCase, more_fen: int) -> None:
    """Give so much more of the total to lines; 409 when it is not there. The row is locked, and the database checks again."""
    project = case.project
    if project.allotted_fen + more_fen > project.budget_fen:
        raise Conflict("超出项目预算总额", left_fen=project.budget_fen - project.allotted_fen)
    project.allotted_fen += more_fen


async def update(
    session: AsyncSession, actor: Actor, line_id: UUID, version: int, form: BudgetLineUpdate
) -> BudgetLine:
    line, case = await part_of(session, actor, BudgetLine, line_id, "budget-lines:update")
    must_allow(case, "budget-lines:update")
    must_go_on(case)
    await hold(session, line, version)
    fields = form.model_dump(exclude_unset=True)
    if "amount_fen" in fields:
        _must_cover(line, line.amount_fen - form.amount_fen)
        _allot(case, form.amount_fen - line.amount_fen)
    for name, value in fields.items():
        setattr(line, name, value)
    publish(session, NOUN, line, "update", actor=actor, data=changes(fields))
    return line


def _must_cover(line: BudgetLine, less_fen: int) -> None:
    """409 when what is spent or waits for approval would no longer fit."""
    free = line.amount_fen - line.spent_fen - line.reserved_fen
    if less_fen > free:
        raise Conflict("已支出或待审核的金额不能从预算中减去", free_fen=free)


async def move(session: AsyncSession, actor: Actor, line_id: UUID, form: BudgetLineMove) -> BudgetLine:
    """Shift money from this line to another; one level up agrees."""
    return await _wish(session, actor, line_id, MOVE, form)


async def raise_total(session: AsyncSession, actor: Actor, line_id: UUID, form: BudgetLineRaise) -> BudgetLine:
    """More money for this line, and with it for the project; one level up agrees."""
    return await _wish(session, actor, line_id, RAISE, form)


async def _wish(
    session: AsyncSession, actor: Actor, line_id: UUID, action: str, form: BudgetLineMove | BudgetLineRaise
) -> BudgetLine:
    """Done at once by whoever stands above; otherwise asked for."""
    line, case = await part_of(session, actor, BudgetLine, line_id, f"budget-lines:{action}")
    must_allow(case, f"budget-lines:{action}")
    must_go_on(case)
    wish = {"line_id": str(line_id), **form.model_dump(mode="json")}
    if ABOVE & actor.own_roles_at(line.path) and not approvals.OWN_WORK & case.parties:
        await APPROVED[action](session, case, actor, wish)
    else:
        await _target(session, case, wish)
        await approvals.ask(session, actor, "project", case.project, action, wish)
    return line


async def _move(session: AsyncSession, case: ProjectCase, actor: Actor, wish: dict[str, Any]) -> None:
    must_go_on(case)
    line, target = await _line(session, case, UUID(wish["line_id"])), await _target(session, case, wish)
    if target is None:
        raise NotFound()
    _must_cover(line, wish["amount_fen"])
    line.amount_fen -= wish["amount_fen"]
    target.amount_fen += wish["amount_fen"]
    publish(session, NOUN, line, "give", actor=actor, data=wish)
    publish(session, NOUN, target, "get", actor=actor, data=wish)


async def _target(session: AsyncSession, case: ProjectCase, wish: dict[str, Any]) -> BudgetLine | None:
    """Where the money is to go, in the same project; None when it comes from outside."""
    if "to_id" not in wish:
        return None
    if wish["to_id"] == wish["line_id"]:
        raise RuleBroken("不能转给自己", field="to_id")
    return await _line(session, case, UUID(wish["to_id"]))


async def _line(session: AsyncSession, case: ProjectCase, line_id: UUID) -> BudgetLine:
    """A line of the project; the project's row is locked, so its lines are changed by nobody else but vouchers."""
    query = select(BudgetLine).where(BudgetLine.id == line_id, BudgetLine.project_id == case.project.id)
    line = await session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if line is None:
        raise NotFound("本项目没有这条预算")
    return line


async def _raise(session: AsyncSession, case: ProjectCase, actor: Actor, wish: dict[str, Any]) -> None:
    must_go_on(case)
    line = await _line(session, case, UUID(wish["line_id"]))
    case.project.budget_fen += wish["amount_fen"]
    _allot(case, wish["amount_fen"])
    line.amount_fen += wish["amount_fen"]
    publish(session, NOUN, line, "raise", actor=actor, data=wish)


APPROVED: dict[str, Callable[..., Awaitable[None]]] = {MOVE: _move, RAISE: _raise}
"""What an approved request does."""
