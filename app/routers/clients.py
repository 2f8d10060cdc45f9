"""接入系统：第三方系统的登记、权限范围与密钥。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import Client
from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas import clients as forms
from app.schemas.clients import (
    ClientIssuedRead,
    ClientPage,
    ClientQuery,
    ClientRead,
    ClientSecretRead,
    ClientSecretsRead,
)
from app.services import clients, clients_secrets

router = APIRouter(prefix="/clients", tags=["接入系统"], route_class=HouseRoute)


def shown(response: Response, client: Client) -> dict[str, Any]:
    """A client as it is after a verb, with its version."""
    tagged(response, client.version)
    return clients.present(client)


@router.get("", response_model=ClientPage, **operation("clients:list", "接入系统列表"))
async def client_list(
    session: SessionDep, actor: ActorDep, query: Annotated[ClientQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await clients.page(session, actor, query)
    return Page([clients.present(client) for client in found.items], found.next_cursor)


@router.get("/{id}", response_model=ClientRead, **operation("clients:read", "一个接入系统"))
async def client_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await clients.load(session, actor, id))


@router.post("", **operation("clients:create", "登记接入系统", keyed=True, created=ClientRead, read="client_read"))
async def client_create(
    session: SessionDep, actor: ActorDep, response: Response, form: forms.ClientCreate
) -> dict[str, Any]:
    client = await clients.create(session, actor, form)
    response.headers["Location"] = f"/v1/clients/{client.id}"
    return shown(response, client)


@router.patch("/{id}", response_model=ClientRead, **operation("clients:update", "更正，或改变权限范围"))
async def client_update(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, version: VersionDep, form: forms.ClientUpdate
) -> dict[str, Any]:
    return shown(response, await clients.update(session, actor, id, version, form))


@router.post("/{id}/disable", response_model=ClientRead, **step("clients:disable", "停用"))
async def client_disable(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: forms.ClientDisable
) -> dict[str, Any]:
    return shown(response, await clients.disable(session, actor, id, form))


@router.post("/{id}/enable", response_model=ClientRead, **step("clients:enable", "重新启用"))
async def client_enable(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, _: forms.ClientEnable
) -> dict[str, Any]:
    return shown(response, await clients.enable(session, actor, id))


@router.post(
    "/{id}/secrets",
    response_model=ClientIssuedRead,
    **operation("clients:issue", "签发密钥；只在此答复中给出一次，重发会另签一个"),
)
async def client_issue(id: UUID, session: SessionDep, actor: ActorDep, form: forms.ClientIssue) -> dict[str, Any]:
    return await clients_secrets.issue(session, actor, id, form)


@router.get("/{id}/secrets", response_model=ClientSecretsRead, **operation("clients:secrets", "密钥列表，不含密钥本身"))
async def client_secrets(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return {"items": await clients_secrets.listed(session, actor, id)}


@router.post(
    "/{id}/secrets/{secret_id}/revoke", response_model=ClientSecretRead, **step("clients:revoke", "撤销一个密钥")
)
async def client_revoke(
    id: UUID, secret_id: UUID, session: SessionDep, actor: ActorDep, _: forms.ClientSecretRevoke
) -> dict[str, Any]:
    return await clients_secrets.revoke(session, actor, id, secret_id)
