"""Third parties' systems: register, look up, change what they may do, disable.

What they sign in with is ``clients_secrets``; signing in and being read with every request is ``clients_token``.

A client sees places, organizations, and of needs and orders those it sent itself. It acts as nobody: what it sends has no
person behind it here, so that no verb it can reach writes its id where a person's belongs. What it is shown of its own needs
names no person but the asker it named itself; so nothing of a person is passed on, and no consent to sharing is asked for.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.clients import STANDS_AT, name_of
from app.domain.people import Actor
from app.models import Client, Organization
from app.schemas.clients import ClientCreate, ClientDisable, ClientQuery, ClientRead, ClientUpdate
from app.services.access import under_path
from app.services.outbox import hold, publish
from app.services.places import paged, place_of

_FIELDS = tuple(name for name in ClientRead.model_fields if name != "client_id")


def present(client: Client) -> dict[str, Any]:
    """The fields of a ClientRead."""
    return {name: getattr(client, name) for name in _FIELDS} | {"client_id": name_of(client.id, client.district_id)}


async def page(session: AsyncSession, actor: Actor, query: ClientQuery) -> Page[Client]:
    grants = access.require_anywhere(actor, "clients:list")
    rows = select(Client).where(under_path(Client, grants))
    if query.disabled is not None:
        rows = rows.where(Client.disabled_at.is_not(None) if query.disabled else Client.disabled_at.is_(None))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Client.id > after)
    return paged((await session.scalars(rows.order_by(Client.id).limit(query.limit + 1))).all(), query.limit)


async def load(
    session: AsyncSession, actor: Actor, client_id: UUID, permission: str = "clients:read", *, lock: bool = False
) -> Client:
    """A client at a place whose accounts the actor looks after; 404 otherwise."""
    query = select(Client).where(Client.id == client_id)
    client = await session.scalar(query.with_for_update() if lock else query)
    actor.checked.add(permission)
    if client is None or not access.may("clients:read", actor.roles_at(client.path)):
        raise NotFound()
    access.require(actor, permission, client.path)
    return client


async def create(session: AsyncSession, actor: Actor, form: ClientCreate) -> Client:
    """Register a client; it has no secret yet."""
    access.require_anywhere(actor, "clients:create")
    place = await place_of(session, form.place_id)
    access.require(actor, "clients:create", place.path)
    await _check_name(session, form.name, None)
    await _check_organization(session, form.organization_id)
    if place.kind not in STANDS_AT:
        raise RuleBroken("接入范围须为区、街道、社区或网格", field="place_id")
    client = Client(
        district_id=actor.district_id,
        id=new_id(),
        path=place.path,
        place_kind=place.kind.value,
        created_by=actor.person_id,
        created_at=now(),
        **form.model_dump(),
    )
    session.add(client)
    publish(session, "client", client, "create", actor=actor, data=form.model_dump(mode="json"))
    return client


async def update(session: AsyncSession, actor: Actor, client_id: UUID, version: int, form: ClientUpdate) -> Client:
    """Change name, organization or scopes; the next request is held against them."""
    client = await load(session, actor, client_id, "clients:update")
    await hold(session, client, version)
    fields = form.model_dump(exclude_unset=True)
    if "name" in fields:
        await _check_name(session, form.name, client.id)
    await _check_organization(session, fields.get("organization_id"))
    for name, value in fields.items():
        setattr(client, name, value)
    data = form.model_dump(exclude_unset=True, mode="json")
    publish(session, "client", client, "update", actor=actor, data=data)
    return client


async def disable(session: AsyncSession, actor: Actor, client_id: UUID, form: ClientDisable) -> Client:
    """Shut a client out from the next request on."""
    client = await load(session, actor, client_id, "clients:disable", lock=True)
    if client.disabled_at is not None:
        raise Conflict("该系统已经停用")
    client.disabled_at = now()
    actor.trace.why = form.reason
    publish(session, "client", client, "disable", actor=actor, data={"reason": form.reason})
    return client


async def enable(session: AsyncSession, actor: Actor, client_id: UUID) -> Client:
    client = await load(session, actor, client_id, "clients:enable", lock=True)
    if client.disabled_at is None:
        raise Conflict("该系统没有停用")
    client.disabled_at = None
    publish(session, "client", client, "enable", actor=actor)
    return client


async def _check_name(session: AsyncSession, name: str, own_id: UUID | None) -> None:
    taken = await session.scalar(select(Client.id).where(Client.name == name))
    if taken is not None and taken != own_id:
        raise Duplicate("已有同名的接入系统")


async def _check_organization(session: AsyncSession, organization_id: UUID | None) -> None:
    if organization_id is None:
        return
    if await session.scalar(select(Organization.id).where(Organization.id == organization_id)) is None:
        raise NotFound("没有这个单位")
