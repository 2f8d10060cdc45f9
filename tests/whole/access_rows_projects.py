"""The rows the access matrix tries operations on: projects and what belongs to them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.domain.budgets import VoucherState
from app.domain.programmes import Measure, ProgrammeKind
from app.domain.project_suggestions import SuggestionState
from app.domain.projects import PROJECT, Part, ProjectState
from app.models import Evaluation, Indicator, Milestone, Programme
from tests.services.rows_projects import put_line, put_project, put_suggestion, put_voucher, put_with_event
from tests.whole.access_ground import Ground, Row
from tests.whole.document import Operation

_UNITS = {"unit": Part.LEAD, "society": Part.SUPPORT}


def _state(operation: Operation) -> ProjectState:
    """A state the operation's action leads out of; running otherwise, but for what is decided before."""
    word = operation.path.rpartition("/")[2]
    steps = [step for step in PROJECT.steps if step.action == word and step.by_people]
    if operation.name == "project_update":
        return ProjectState.RETURNED
    otherwise = ProjectState.RUNNING
    return next((state for step in steps for state in PROJECT.states if state in step.sources), otherwise)


async def project(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Proposed by the liaison's unit, which leads it but where it is to be claimed."""
    state = _state(operation)
    claimable = {"project_claim"}
    units = {} if operation.name in claimable or state in {ProjectState.PROPOSED, ProjectState.RETURNED} else _UNITS
    row = await put_project(session, ground.world, state, units=units)
    days: dict[str, Any] = {"starts_on": "2026-12-01", "ends_on": "2026-12-31"}
    forms: dict[str, dict[str, Any]] = {
        "project_propose": days | {"kind": "culture", "need_ids": []},
        "project_deliver": {"evidence": {"photo": "相册一"}},
        "project_archive": {"words": "参评人数少，入户再听意见"},
    }
    ids = {"place_id": str(ground.world.places["community"])}
    return Row(row.id, party="liaison", ids=ids, form=forms.get(operation.name, {}))


async def suggestion(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Of the compound, undecided."""
    row = await put_suggestion(session, ground.world, SuggestionState.SUGGESTED)
    days: dict[str, Any] = {"kind": "culture", "starts_on": "2026-12-01", "ends_on": "2026-12-31"}
    return Row(row.id, form=days if operation.name.endswith("adopt") else {})


async def budget_line(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Of a project under way, beside another line of it."""
    parent = await put_project(session, ground.world, ProjectState.RUNNING, units=_UNITS)
    row, other = await put_line(session, ground.world, parent), await put_line(session, ground.world, parent)
    ids = {"project_id": str(parent.id), "to_id": str(other.id)}
    forms: dict[str, dict[str, Any]] = {"budget_line_create": {"source": "community", "amount_fen": 1}}
    return Row(row.id, party="liaison", ids=ids, form=forms.get(operation.name, {}))


async def voucher(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """Entered by the liaison, whose unit leads the project."""
    parent = await put_project(session, ground.world, ProjectState.RUNNING, units=_UNITS)
    state = VoucherState.APPROVED if operation.name == "voucher_reverse" else VoucherState.ENTERED
    row = await put_voucher(session, ground.world, parent, state)
    paper = {"number": new_id().hex, "dated_on": "2026-01-02", "evidence_digest": "9f" * 32}
    form = paper if operation.name in {"voucher_enter", "voucher_reverse"} else {}
    return Row(row.id, party="liaison", ids={"line_id": str(row.line_id)}, form=form)


async def milestone(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    parent = await put_project(session, ground.world, ProjectState.RUNNING, units=_UNITS)
    row = Milestone(
        district_id=ground.world.district_id,
        id=new_id(),
        project_id=parent.id,
        path=parent.path,
        title="灯具到货",
        due_on=parent.ends_on,
    )
    await put_with_event(session, ground.world, row, "milestone")
    return Row(row.id, party="liaison", ids={"project_id": str(parent.id)})


async def evaluation(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """resident1's, who lives where it was done."""
    parent = await put_project(session, ground.world, ProjectState.DELIVERED, units=_UNITS)
    row = Evaluation(
        district_id=ground.world.district_id,
        id=new_id(),
        project_id=parent.id,
        round=1,
        person_id=ground.world.people["resident1"],
        path=parent.path,
        rating=5,
    )
    if operation.name != "evaluation_give":
        await put_with_event(session, ground.world, row, "evaluation")
    return Row(row.id, party="resident1", ids={"project_id": str(parent.id)})


async def programme(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    row = await _programme(ground, session)
    ids = {"place_id": str(ground.world.places["community"])}
    return Row(row.id, ids=ids, form={"code": new_id().hex} if operation.method == "POST" else {})


async def _programme(ground: Ground, session: AsyncSession) -> Programme:
    row = Programme(
        district_id=ground.world.district_id,
        id=new_id(),
        community_id=ground.world.places["community"],
        path=ground.world.paths["community"],
        kind=ProgrammeKind.PROGRAMME,
        code=new_id().hex,
        name="民族团结一家亲",
    )
    await put_with_event(session, ground.world, row, "programme")
    return row


async def indicator(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    parent = await _programme(ground, session)
    row = Indicator(
        district_id=ground.world.district_id,
        id=new_id(),
        programme_id=parent.id,
        path=parent.path,
        code=new_id().hex,
        name="落地项目",
        unit="个",
        measure=Measure.PROJECTS_DELIVERED,
        targets={},
    )
    await put_with_event(session, ground.world, row, "indicator")
    form = {"code": new_id().hex} if operation.method == "POST" else {}
    return Row(row.id, ids={"programme_id": str(parent.id)}, form=form)


async def contribution(ground: Ground, session: AsyncSession, operation: Operation) -> Row:
    """A unit's."""
    return Row(ground.world.units["unit"])
