"""人员：居民、党员、志愿者、网格员。凡能识别身份的一律脱敏。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.crypto import Sealer
from app.core.paging import Page
from app.domain.access import SELF
from app.models import Person
from app.routers.deps import ActorDep, DatabaseDep, SealerDep, SessionDep, VersionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.people import (
    MeRead,
    MeUpdate,
    PersonCreate,
    PersonFind,
    PersonMove,
    PersonPage,
    PersonQuery,
    PersonRead,
    PersonUpdate,
)
from app.services import people, people_home

router = APIRouter(tags=["人员"], route_class=HouseRoute)


async def shown(
    session: SessionDep, actor: ActorDep, sealer: Sealer, response: Response, person: Person
) -> dict[str, Any]:
    """A person as they are, with the version: of a minor no more than in a list, unless reading them was approved."""
    tagged(response, person.version)
    return await people.present_to(session, actor, sealer, person)


@router.get("/me", response_model=MeRead, **operation(SELF, "我是谁，有什么角色"))
async def me_read(session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response) -> dict[str, Any]:
    found = await people.me(session, actor, sealer)
    tagged(response, found["person"]["version"])
    return found


@router.patch("/me", response_model=MeRead, **operation(SELF, "补充自己的资料"))
async def me_update(
    session: SessionDep,
    database: DatabaseDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    version: VersionDep,
    form: MeUpdate,
) -> dict[str, Any]:
    found = await people.update_me(session, database, actor, sealer, version, form)
    tagged(response, found["person"]["version"])
    return found


@router.get("/people", response_model=PersonPage, **operation("people:list", "人员列表"))
async def person_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[PersonQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await people.page(session, actor, query)
    return Page([people.present_in_list(actor, person, sealer) for person in found.items], found.next_cursor)


@router.post(
    "/people/find", response_model=PersonRead, **operation("people:find", "按电话或身份证件号码查找，结果脱敏")
)
async def person_find(
    session: SessionDep, database: DatabaseDep, actor: ActorDep, sealer: SealerDep, form: PersonFind
) -> dict[str, Any]:
    return await people.find(session, database, actor, sealer, form)


@router.get("/people/{id}", response_model=PersonRead, **operation("people:read", "一个人"))
async def person_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    return await shown(session, actor, sealer, response, await people.read(session, actor, id))


@router.post("/people", **operation("people:create", "建档", keyed=True, created=PersonRead, read="person_read"))
async def person_create(
    session: SessionDep,
    database: DatabaseDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    form: PersonCreate,
) -> dict[str, Any]:
    person = await people.create(session, database, actor, sealer, form)
    response.headers["Location"] = f"/v1/people/{person.id}"
    return await shown(session, actor, sealer, response, person)


@router.patch("/people/{id}", response_model=PersonRead, **operation("people:update", "更正"))
async def person_update(
    id: UUID,
    session: SessionDep,
    database: DatabaseDep,
    actor: ActorDep,
    sealer: SealerDep,
    response: Response,
    version: VersionDep,
    form: PersonUpdate,
) -> dict[str, Any]:
    person = await people.update(session, database, actor, sealer, id, version, form)
    return await shown(session, actor, sealer, response, person)


@router.post("/people/{id}/move", response_model=PersonRead, **step("people:move", "搬家"))
async def person_move(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: PersonMove
) -> dict[str, Any]:
    return await shown(session, actor, sealer, response, await people_home.move(session, actor, id, form))
