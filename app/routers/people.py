"""人员：居民、党员、志愿者、网格员。姓名与电话一律脱敏。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.domain.access import SELF
from app.routers.deps import ActorDep, SealerDep, SessionDep, VersionDep, operation, tagged
from app.routers.route import HouseRoute
from app.schemas.people import MeRead, PersonCreate, PersonPage, PersonQuery, PersonRead, PersonUpdate
from app.services import people

router = APIRouter(tags=["人员"], route_class=HouseRoute)


@router.get("/me", response_model=MeRead, **operation(SELF, "我是谁，有什么角色"))
async def me_read(session: SessionDep, actor: ActorDep, sealer: SealerDep) -> dict[str, Any]:
    return await people.me(session, actor, sealer)


@router.get("/people", response_model=PersonPage, **operation("people:list", "人员列表"))
async def person_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[PersonQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await people.page(session, actor, query)
    return Page([people.present(person, sealer) for person in found.items], found.next_cursor)


@router.get("/people/{id}", response_model=PersonRead, **operation("people:read", "一个人"))
async def person_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    person = await people.load(session, actor, id, "people:read")
    tagged(response, person.version)
    return people.present(person, sealer)


@router.post("/people", **operation("people:create", "建档", keyed=True, created=PersonRead, read="person_read"))
async def person_create(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: PersonCreate
) -> dict[str, Any]:
    person = await people.create(session, actor, sealer, form)
    tagged(response, person.version, f"/v1/people/{person.id}")
    return people.present(person, sealer)


@router.patch("/people/{id}", response_model=PersonRead, **operation("people:update", "更正"))
async def person_update(
    id: UUID,
    session: SessionDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    version: VersionDep,
    form: PersonUpdate,
) -> dict[str, Any]:
    person = await people.update(session, actor, sealer, id, version, form)
    tagged(response, person.version)
    return people.present(person, sealer)
