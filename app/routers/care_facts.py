"""健康与照护信息：凭同意登记，列表只说有哪几项，类别与内容逐项查看，删除即销毁。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import CareFact
from app.routers.deps import ActorDep, DatabaseDep, SealerDep, SessionDep, VersionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas import care_facts as forms
from app.schemas.care_facts import CareFactPage, CareFactRead, CareFactUnmaskedRead
from app.services import care_facts

router = APIRouter(prefix="/care-facts", tags=["个人信息"], route_class=HouseRoute)


@router.get(
    "", response_model=CareFactPage, **operation("care-facts:list", "某人的健康与照护信息：不含类别与内容，新的在前")
)
async def care_fact_list(
    session: SessionDep, actor: ActorDep, query: Annotated[forms.CareFactQuery, Query()]
) -> Page[CareFact]:
    return await care_facts.page(session, actor, query)


@router.get("/{id}", response_model=CareFactRead, **operation("care-facts:read", "一项健康与照护信息：不含类别与内容"))
async def care_fact_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> CareFact:
    fact = await care_facts.read(session, actor, id)
    tagged(response, fact.version)
    return fact


@router.post(
    "",
    **operation("care-facts:create", "登记健康与照护信息", keyed=True, created=CareFactRead, read="care_fact_read"),
)
async def care_fact_create(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: forms.CareFactCreate
) -> CareFact:
    fact = await care_facts.create(session, actor, sealer, form)
    tagged(response, fact.version, f"/v1/care-facts/{fact.id}")
    return fact


@router.patch("/{id}", response_model=CareFactRead, **operation("care-facts:update", "更正健康与照护信息"))
async def care_fact_update(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    version: VersionDep,
    form: forms.CareFactUpdate,
) -> CareFact:
    fact = await care_facts.update(session, actor, sealer, id, version, form)
    tagged(response, fact.version)
    return fact


@router.delete(
    "/{id}",
    status_code=204,
    response_class=Response,
    **operation("care-facts:delete", "删除健康与照护信息：销毁，不可恢复"),
)
async def care_fact_delete(id: UUID, session: SessionDep, actor: ActorDep) -> Response:
    await care_facts.delete(session, actor, id)
    return Response(status_code=204)


# Takes no Idempotency-Key: its answer must not be kept anywhere.
@router.post(
    "/{id}/unmask",
    response_model=CareFactUnmaskedRead,
    **operation("care-facts:unmask", "查看类别与内容：写明用途与理由，留下审计记录"),
)
async def care_fact_unmask(
    id: UUID,
    session: SessionDep,
    database: DatabaseDep,
    actor: ActorDep,
    sealer: SealerDep,
    form: forms.CareFactUnmask,
) -> dict[str, Any]:
    return await care_facts.unmask(session, database, actor, sealer, id, form)
