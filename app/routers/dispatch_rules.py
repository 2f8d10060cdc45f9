"""派单规则：某类工单由系统怎样派，一步不成转下一步。"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.core.paging import Page
from app.models import DispatchRule
from app.routers.deps import ActorDep, SessionDep, VersionDep, operation, step, tagged
from app.routers.route import HouseRoute
from app.schemas.dispatch_rules import (
    DispatchRuleCreate,
    DispatchRulePage,
    DispatchRuleQuery,
    DispatchRuleRead,
    DispatchRuleRetire,
    DispatchRuleUpdate,
    DispatchRuleVersions,
)
from app.services import dispatch_rules

router = APIRouter(prefix="/dispatch-rules", tags=["派单规则"], route_class=HouseRoute)


def shown(response: Response, rule: DispatchRule, location: str | None = None) -> dict[str, Any]:
    tagged(response, rule.version, location)
    return dispatch_rules.present(rule)


@router.get("", response_model=DispatchRulePage, **operation("dispatch-rules:list", "派单规则，新的在前"))
async def dispatch_rule_list(
    session: SessionDep, actor: ActorDep, query: Annotated[DispatchRuleQuery, Query()]
) -> Page[dict[str, Any]]:
    found = await dispatch_rules.page(session, actor, query)
    return Page([dispatch_rules.present(rule) for rule in found.items], found.next_cursor)


@router.post(
    "",
    **operation(
        "dispatch-rules:create", "为一类工单定派单规则", keyed=True, created=DispatchRuleRead, read="dispatch_rule_read"
    ),
)
async def dispatch_rule_create(
    session: SessionDep, actor: ActorDep, response: Response, form: DispatchRuleCreate
) -> dict[str, Any]:
    rule = await dispatch_rules.create(session, actor, form)
    return shown(response, rule, f"/v1/dispatch-rules/{rule.id}")


@router.get("/{id}", response_model=DispatchRuleRead, **operation("dispatch-rules:read", "一条派单规则"))
async def dispatch_rule_read(id: UUID, session: SessionDep, actor: ActorDep, response: Response) -> dict[str, Any]:
    return shown(response, await dispatch_rules.load(session, actor, id, "dispatch-rules:read"))


@router.get("/{id}/versions", response_model=DispatchRuleVersions, **operation("dispatch-rules:read", "派单规则的各版"))
async def dispatch_rule_versions(id: UUID, session: SessionDep, actor: ActorDep) -> dict[str, Any]:
    return await dispatch_rules.versions(session, actor, id)


@router.patch("/{id}", response_model=DispatchRuleRead, **operation("dispatch-rules:update", "修改派单规则，成为新版"))
async def dispatch_rule_update(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, version: VersionDep, form: DispatchRuleUpdate
) -> dict[str, Any]:
    return shown(response, await dispatch_rules.update(session, actor, id, version, form))


@router.post("/{id}/retire", response_model=DispatchRuleRead, **step("dispatch-rules:retire", "停用派单规则"))
async def dispatch_rule_retire(
    id: UUID, session: SessionDep, actor: ActorDep, response: Response, form: DispatchRuleRetire
) -> dict[str, Any]:
    return shown(response, await dispatch_rules.retire(session, actor, id, form))
