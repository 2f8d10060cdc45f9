"""共建项目：一个动作一个地址。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import projects as forms
from app.schemas.projects import ProjectPage, ProjectQuery, ProjectRead
from app.services import projects, projects_steps, projects_units
from app.services.projects_case import ProjectCase

router = APIRouter(prefix="/projects", tags=["共建项目"], route_class=HouseRoute)


def shown(response: Response, case: ProjectCase, location: str | None = None) -> dict[str, Any]:
    tagged(response, case.project.version, location)
    return projects.present(case)


@router.get("", response_model=ProjectPage, **operation("projects:list", "共建项目清单，新的在前"))
async def project_list(
    session: SessionDep, actor: ActorDep, query: Annotated[ProjectQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await projects.page(session, actor, query)
    return Page([projects.present(case) for case in found.items], found.next_cursor)


@router.post("", **operation("projects:propose", "提出共建项目", keyed=True, created=ProjectRead, read="project_read"))
async def project_propose(
    session: SessionDep, actor: ActorDep, response: Response, form: forms.ProjectCreate
) -> dict[str, Any]:
    case = await projects.propose(session, actor, form)
    return shown(response, case, f"/v1/projects/{case.project.id}")


@router.get("/{id}", response_model=ProjectRead, **operation("projects:read", "一个共建项目"))
async def project_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await projects.read(session, actor, id))


@router.patch("/{id}", response_model=ProjectRead, **operation("projects:update", "修改共建项目"))
async def project_update(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, version: VersionDep, form: forms.ProjectUpdate
) -> dict[str, Any]:
    return shown(response, await projects.update(session, actor, id, version, form))


@router.post("/{id}/return", response_model=ProjectRead, **step("projects:return", "退回修改"))
async def project_return(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ProjectReturn
) -> dict[str, Any]:
    return shown(response, await projects_steps.send_back(session, actor, id, form))


@router.post("/{id}/resubmit", response_model=ProjectRead, **step("projects:resubmit", "重新提交"))
async def project_resubmit(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ProjectResubmit
) -> dict[str, Any]:
    return shown(response, await projects_steps.resubmit(session, actor, id, form))


@router.post("/{id}/withdraw", response_model=ProjectRead, **step("projects:withdraw", "撤回：列入清单之前"))
async def project_withdraw(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ProjectWithdraw
) -> dict[str, Any]:
    return shown(response, await projects_steps.withdraw(session, actor, id, form))


@router.post(
    "/{id}/publish", response_model=ProjectRead, **step("projects:publish", "列入清单；民生微实事由上一级批准")
)
async def project_publish(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ProjectPublish
) -> dict[str, Any]:
    return shown(response, await projects_steps.publish(session, actor, id, form))


@router.post("/{id}/claim", response_model=ProjectRead, **step("projects:claim", "本单位认领：牵头或配合"))
async def project_claim(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ProjectClaim
) -> dict[str, Any]:
    return shown(response, await projects_units.claim(session, actor, id, form))


@router.post("/{id}/unclaim", response_model=ProjectRead, **step("projects:unclaim", "取消认领"))
async def project_unclaim(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ProjectUnclaim
) -> dict[str, Any]:
    return shown(response, await projects_units.unclaim(session, actor, id, form))


@router.post("/{id}/start", response_model=ProjectRead, **step("projects:start", "启动实施"))
async def project_start(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ProjectStart
) -> dict[str, Any]:
    return shown(response, await projects_steps.start(session, actor, id, form))


@router.post("/{id}/deliver", response_model=ProjectRead, **step("projects:deliver", "报告完成"))
async def project_deliver(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ProjectDeliver
) -> dict[str, Any]:
    return shown(response, await projects_steps.deliver(session, actor, id, form))


@router.post("/{id}/rework", response_model=ProjectRead, **step("projects:rework", "要求整改"))
async def project_rework(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ProjectRework
) -> dict[str, Any]:
    return shown(response, await projects_steps.rework(session, actor, id, form))


@router.post("/{id}/archive", response_model=ProjectRead, **step("projects:archive", "归档"))
async def project_archive(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ProjectArchive
) -> dict[str, Any]:
    return shown(response, await projects_steps.archive(session, actor, id, form))


@router.post("/{id}/cancel", response_model=ProjectRead, **step("projects:cancel", "取消"))
async def project_cancel(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ProjectCancel
) -> dict[str, Any]:
    return shown(response, await projects_steps.cancel(session, actor, id, form))
