"""项目节点：何时完成什么，谁完成的。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import Milestone
from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import milestones as forms
from app.schemas.milestones import MilestonePage, MilestoneQuery, MilestoneRead
from app.services import milestones

router = APIRouter(prefix="/milestones", tags=["共建项目"], route_class=HouseRoute)


def shown(response: Response, milestone: Milestone, location: str | None = None) -> dict[str, Any]:
    tagged(response, milestone.version, location)
    return milestones.present(milestone)


@router.get("", response_model=MilestonePage, **operation("milestones:list", "项目节点列表"))
async def milestone_list(
    session: SessionDep, actor: ActorDep, query: Annotated[MilestoneQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await milestones.page(session, actor, query)
    return Page([milestones.present(milestone) for milestone in found.items], found.next_cursor)


@router.post("", **operation("milestones:create", "增加节点", keyed=True, created=MilestoneRead, read="milestone_read"))
async def milestone_create(
    session: SessionDep, actor: ActorDep, response: Response, form: forms.MilestoneCreate
) -> dict[str, Any]:
    milestone = await milestones.create(session, actor, form)
    return shown(response, milestone, f"/v1/milestones/{milestone.id}")


@router.get("/{id}", response_model=MilestoneRead, **operation("milestones:read", "一个节点"))
async def milestone_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await milestones.load(session, actor, id))


@router.patch("/{id}", response_model=MilestoneRead, **operation("milestones:update", "修改节点"))
async def milestone_update(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    response: Response,
    version: VersionDep,
    form: forms.MilestoneUpdate,
) -> dict[str, Any]:
    return shown(response, await milestones.update(session, actor, id, version, form))


@router.post("/{id}/complete", response_model=MilestoneRead, **step("milestones:complete", "完成节点"))
async def milestone_complete(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.MilestoneComplete
) -> dict[str, Any]:
    return shown(response, await milestones.complete(session, actor, id, form))


@router.post("/{id}/drop", response_model=MilestoneRead, **step("milestones:drop", "取消节点"))
async def milestone_drop(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.MilestoneDrop
) -> dict[str, Any]:
    return shown(response, await milestones.drop(session, actor, id, form))
