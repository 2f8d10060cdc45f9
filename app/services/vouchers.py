"""Vouchers: entered by one, approved or rejected by another, reversed by a new one.

Entering reserves the money in one statement that bites only where it fits, so that nothing is ever over the line: the sum of
lines is never over the project's total (``budget_lines``).
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now, today
from app.core.errors import Conflict, Duplicate, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.budgets import SPENDING, VOUCHER, VoucherAction, VoucherKind, VoucherState
from app.domain.lifecycle import Step
from app.domain.people import Actor, Parties, Relation
from app.domain.projects import ProjectState
from app.models import BudgetLine, Project, Voucher
from app.schemas.vouchers import VoucherApprove, VoucherCreate, VoucherQuery, VoucherRead, VoucherReject, VoucherReverse
from app.services.outbox import publish
from app.services.places import paged
from app.services.projects_case import ProjectCase
from app.services.projects_parts import in_sight, must_allow, part_of

_FIELDS = tuple(name for name in VoucherRead.model_fields if name != "actions")


@dataclass(slots=True)
class VoucherCase:
    voucher: Voucher
    parties: Parties


def _case(voucher: Voucher, actor: Actor, parties: Parties) -> VoucherCase:
    """Of a voucher the proposer is whoever entered it, not whoever proposed the project. By a role that they have lent nobody
    decides about it: it would be approved by the same hand.
    """
    lent = actor.roles_at(voucher.path) - actor.roles_not_of(voucher.entered_by, voucher.path)
    mine = {Relation.PROPOSER} if voucher.entered_by == actor.person_id else set()
    return VoucherCase(voucher, parties - lent - {Relation.PROPOSER} | mine)


async def read(session: AsyncSession, actor: Actor, voucher_id: UUID) -> VoucherCase:
    voucher, case = await part_of(session, actor, Voucher, voucher_id, "vouchers:read", lock=False)
    return _case(voucher, actor, case.parties)


async def page(session: AsyncSession, actor: Actor, query: VoucherQuery) -> Page[VoucherCase]:
    access.require_anywhere(actor, "vouchers:list")
    rows = select(Voucher).where(in_sight(Voucher, actor))
    for name in ("project_id", "line_id", "state"):
        if (value := getattr(query, name)) is not None:
            rows = rows.where(getattr(Voucher, name) == value)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Voucher.id < after)
    found = (await session.scalars(rows.order_by(Voucher.id.desc()).limit(query.limit + 1))).all()
    cut: Page[Voucher] = paged(found, query.limit)
    return Page([_case(voucher, actor, actor.roles_at(voucher.path)) for voucher in cut.items], cut.next_cursor)


def present(case: VoucherCase) -> dict[str, Any]:
    """The fields of a VoucherRead."""
    shown = {name: getattr(case.voucher, name) for name in _FIELDS}
    return shown | {"actions": VOUCHER.offered(case.voucher.state, case.parties)}


async def enter(session: AsyncSession, actor: Actor, form: VoucherCreate) -> VoucherCase:
    """Put money aside for what the paper says. 409 when the line does not have it."""
    line, case = await part_of(session, actor, BudgetLine, form.line_id, "vouchers:enter")
    must_allow(case, "vouchers:enter")
    _must_be_spending(case)
    await _reserve(session, line, form.amount_fen)
    fields = form.model_dump(exclude={"line_id"}) | {"kind": VoucherKind.SPEND}
    return await _enter(session, actor, case, line.id, fields)


def _must_be_spending(case: ProjectCase) -> None:
    if case.project.state not in SPENDING:
        raise Conflict("项目实施之后、归档之前才能录入凭证", state=case.project.state.value)


async def _reserve(session: AsyncSession, line: BudgetLine, fen: int) -> None:
    fits = BudgetLine.reserved_fen + BudgetLine.spent_fen + fen <= BudgetLine.amount_fen
    taken = update(BudgetLine).where(BudgetLine.id == line.id, fits)
    taken = taken.values(reserved_fen=BudgetLine.reserved_fen + fen).execution_options(synchronize_session=False)
    if await session.scalar(taken.returning(BudgetLine.id)) is None:
        raise Conflict("超出此项预算", free_fen=line.amount_fen - line.reserved_fen - line.spent_fen)


async def _enter(
    session: AsyncSession, actor: Actor, case: ProjectCase, line_id: UUID, fields: dict[str, Any]
) -> VoucherCase:
    if fields["dated_on"] > today():
        raise RuleBroken("凭证日期不能在今后", field="dated_on")
    standing = (Voucher.project_id == case.project.id, Voucher.state != VoucherState.REJECTED)
    same = select(Voucher.id).where(*standing, Voucher.number == fields["number"])
    if await session.scalar(same) is not None:
        raise Duplicate("本项目已有此凭证号")
    voucher = Voucher(
        district_id=actor.district_id,
        id=new_id(),
        project_id=case.project.id,
        line_id=line_id,
        path=case.project.path,
        state=VOUCHER.initial,
        entered_by=actor.person_id,
        created_at=now(),
        **fields,
    )
    session.add(voucher)
    publish(session, VOUCHER.noun, voucher, "enter", actor=actor, target=voucher.state.value, data=_told(voucher))
    return _case(voucher, actor, case.parties)


def _told(voucher: Voucher) -> dict[str, Any]:
    ids = {"project_id": str(voucher.project_id), "line_id": str(voucher.line_id)}
    return ids | {"kind": voucher.kind.value, "amount_fen": voucher.amount_fen}


async def reverse(session: AsyncSession, actor: Actor, voucher_id: UUID, form: VoucherReverse) -> VoucherCase:
    """Take back an approved one by a new voucher for the same money, which another approves as any."""
    voucher, case = await part_of(session, actor, Voucher, voucher_id, "vouchers:reverse")
    must_allow(case, "vouchers:reverse")
    _must_be_spending(case)
    if voucher.state is not VoucherState.APPROVED or voucher.kind is not VoucherKind.SPEND:
        raise Conflict("只能冲销已入账的支出凭证")
    pending = select(Voucher.id).where(Voucher.reverses_id == voucher.id, Voucher.state != VoucherState.REJECTED)
    if await session.scalar(pending) is not None:
        raise Duplicate("此凭证已冲销或正在冲销")
    same = {"kind": VoucherKind.REVERSE, "reverses_id": voucher.id}
    same |= {"payee": voucher.payee, "amount_fen": voucher.amount_fen}
    return await _enter(session, actor, case, voucher.line_id, form.model_dump() | same)


async def approve(session: AsyncSession, actor: Actor, voucher_id: UUID, _: VoucherApprove) -> VoucherCase:
    """Book it: what was reserved is spent, or what was spent is there again."""
    case, step = await _decided(session, actor, voucher_id, VoucherAction.APPROVE)
    voucher = case.voucher
    if voucher.kind is VoucherKind.SPEND:
        await _book(session, voucher, reserved=-voucher.amount_fen, spent=voucher.amount_fen)
    else:
        await _book(session, voucher, reserved=0, spent=-voucher.amount_fen)
    _move(session, voucher, step, actor)
    return case


async def reject(session: AsyncSession, actor: Actor, voucher_id: UUID, form: VoucherReject) -> VoucherCase:
    case, step = await _decided(session, actor, voucher_id, VoucherAction.REJECT)
    voucher = case.voucher
    if voucher.kind is VoucherKind.SPEND:
        await _book(session, voucher, reserved=-voucher.amount_fen, spent=0)
    voucher.reason = form.reason
    _move(session, voucher, step, actor)
    return case


async def _decided(
    session: AsyncSession, actor: Actor, voucher_id: UUID, action: VoucherAction
) -> tuple[VoucherCase, Step[VoucherState, VoucherAction]]:
    voucher, project = await part_of(session, actor, Voucher, voucher_id, VOUCHER.permission(action))
    case = _case(voucher, actor, project.parties)
    step = VOUCHER.decide(voucher.state, action, case.parties)
    if project.project.state is ProjectState.ARCHIVED:
        raise Conflict("项目已归档")
    return case, step


async def _book(session: AsyncSession, voucher: Voucher, *, reserved: int, spent: int) -> None:
    booked = update(BudgetLine).where(BudgetLine.id == voucher.line_id)
    values = {"reserved_fen": BudgetLine.reserved_fen + reserved, "spent_fen": BudgetLine.spent_fen + spent}
    await session.execute(booked.values(values).execution_options(synchronize_session=False))


def _move(session: AsyncSession, voucher: Voucher, step: Step[VoucherState, VoucherAction], actor: Actor) -> None:
    source, voucher.state = voucher.state, step.target
    voucher.decided_by, voucher.decided_at = actor.person_id, now()
    publish(
        session,
        VOUCHER.noun,
        voucher,
        step.action.value,
        actor=actor,
        source=source.value,
        target=step.target.value,
        data=_told(voucher),
    )


async def must_be_settled(session: AsyncSession, project: Project) -> None:
    """409 while a voucher of the project waits for a decision."""
    waiting = select(Voucher.id).where(Voucher.project_id == project.id, Voucher.state == VoucherState.ENTERED)
    if await session.scalar(waiting.limit(1)) is not None:
        raise Conflict("还有凭证待审核")
