"""代理：不在岗期间由谁代行职责。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import Substitution
from app.routers.deps import ActorDep, SealerDep, SessionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.substitutions import (
    SubstitutionCreate,
    SubstitutionEnd,
    SubstitutionPage,
    SubstitutionQuery,
    SubstitutionRead,
)
from app.services import substitutions

router = APIRouter(prefix="/substitutions", tags=["代理"], route_class=HouseRoute)


async def shown(session: SessionDep, sealer: SealerDep, response: Response, row: Substitution) -> dict[str, Any]:
    """A substitution as it is after a verb, with its version."""
    tagged(response, row.version)
    return (await substitutions.present(session, sealer, [row]))[0]


@router.get("", response_model=SubstitutionPage, **operation("substitutions:list", "代理列表，新的在前"))
async def substitution_list(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, query: Annotated[SubstitutionQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await substitutions.page(session, actor, query)
    return Page(await substitutions.present(session, sealer, found.items), found.next_cursor)


@router.get("/{id}", response_model=SubstitutionRead, **operation("substitutions:read", "一次代理"))
async def substitution_read(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response
) -> dict[str, Any]:
    return await shown(session, sealer, response, await substitutions.load(session, actor, id))


@router.post(
    "",
    **operation("substitutions:create", "安排代理", keyed=True, created=SubstitutionRead, read="substitution_read"),
)
async def substitution_create(
    session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, form: SubstitutionCreate
) -> dict[str, Any]:
    row = await substitutions.create(session, actor, form)
    response.headers["Location"] = f"/v1/substitutions/{row.id}"
    return await shown(session, sealer, response, row)


@router.post("/{id}/end", response_model=SubstitutionRead, **step("substitutions:end", "提前结束代理"))
async def substitution_end(
    id: UUID, session: SessionDep, actor: ActorDep, sealer: SealerDep, response: Response, _: SubstitutionEnd
) -> dict[str, Any]:
    return await shown(session, sealer, response, await substitutions.end(session, actor, id))
