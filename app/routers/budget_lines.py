"""项目预算：各项金额、来源与调剂。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import BudgetLine
from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import budget_lines as forms
from app.schemas.budget_lines import BudgetLinePage, BudgetLineQuery, BudgetLineRead
from app.services import budget_lines

router = APIRouter(prefix="/budget-lines", tags=["项目预算与凭证"], route_class=HouseRoute)


def shown(response: Response, line: BudgetLine, location: str | None = None) -> dict[str, Any]:
    tagged(response, line.version, location)
    return budget_lines.present(line)


@router.get("", response_model=BudgetLinePage, **operation("budget-lines:list", "项目预算列表"))
async def budget_line_list(
    session: SessionDep, actor: ActorDep, query: Annotated[BudgetLineQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await budget_lines.page(session, actor, query)
    return Page([budget_lines.present(line) for line in found.items], found.next_cursor)


@router.post(
    "",
    **operation("budget-lines:create", "增加一项预算", keyed=True, created=BudgetLineRead, read="budget_line_read"),
)
async def budget_line_create(
    session: SessionDep, actor: ActorDep, response: Response, form: forms.BudgetLineCreate
) -> dict[str, Any]:
    line = await budget_lines.create(session, actor, form)
    return shown(response, line, f"/v1/budget-lines/{line.id}")


@router.get("/{id}", response_model=BudgetLineRead, **operation("budget-lines:read", "一项预算"))
async def budget_line_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await budget_lines.load(session, actor, id))


@router.patch("/{id}", response_model=BudgetLineRead, **operation("budget-lines:update", "修改一项预算"))
async def budget_line_update(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    response: Response,
    version: VersionDep,
    form: forms.BudgetLineUpdate,
) -> dict[str, Any]:
    return shown(response, await budget_lines.update(session, actor, id, version, form))


@router.post("/{id}/move", response_model=BudgetLineRead, **step("budget-lines:move", "调剂到另一项，上一级批准"))
async def budget_line_move(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.BudgetLineMove
) -> dict[str, Any]:
    return shown(response, await budget_lines.move(session, actor, id, form))


@router.post("/{id}/raise", response_model=BudgetLineRead, **step("budget-lines:raise", "追加预算，上一级批准"))
async def budget_line_raise(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.BudgetLineRaise
) -> dict[str, Any]:
    return shown(response, await budget_lines.raise_total(session, actor, id, form))
