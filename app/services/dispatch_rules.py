"""Rules of dispatch: list, read, make, change, retire."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Duplicate, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.catalogue import Terms, terms_of
from app.domain.dispatch_ways import CIRCLES, WayStep, check_steps, chosen_rule, steps_of
from app.domain.needs import Urgency
from app.domain.people import Actor
from app.domain.quiet_hours import check_quiet, clock_of, minute_of
from app.models import Category, DispatchRule, DispatchRuleVersion, Organization, Place
from app.schemas.dispatch_rules import (
    DispatchRuleCreate,
    DispatchRuleQuery,
    DispatchRuleRead,
    DispatchRuleRetire,
    DispatchRuleUpdate,
    WayStepForm,
)
from app.services.outbox import hold, publish
from app.services.places import paged

NOUN = "dispatch-rule"
_SHOWN_OTHERWISE = {"steps", "quiet_since", "quiet_until"}
_FIELDS = tuple(name for name in DispatchRuleRead.model_fields if name not in _SHOWN_OTHERWISE)
_MOST_VERSIONS = 100


def shown_chain(row: Any) -> dict[str, Any]:
    """Steps and quiet hours of a rule, of one of its versions, or of an order's way, as they go out."""
    return {
        "steps": [step.as_json() for step in steps_of(row.steps)],
        "quiet_since": clock_of(row.quiet_since),
        "quiet_until": clock_of(row.quiet_until),
    }


def present(rule: DispatchRule) -> dict[str, Any]:
    """The fields of a DispatchRuleRead."""
    return {name: getattr(rule, name) for name in _FIELDS} | shown_chain(rule)


async def rule_for(session: AsyncSession, category: str, urgency: Urgency) -> DispatchRule | None:
    """By which an order of this kind is sent out now; None: the general way holds."""
    rules = await session.scalars(select(DispatchRule).where(DispatchRule.retired_at.is_(None)))
    return chosen_rule(rules, category, urgency)


async def page(session: AsyncSession, actor: Actor, query: DispatchRuleQuery) -> Page[DispatchRule]:
    access.require_anywhere(actor, "dispatch-rules:list")
    rows = select(DispatchRule)
    if query.category is not None:
        rows = rows.where(DispatchRule.category == query.category)
    if query.urgency is not None:
        rows = rows.where(DispatchRule.urgency == query.urgency)
    if not query.retired:
        rows = rows.where(DispatchRule.retired_at.is_(None))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(DispatchRule.id < after)
    found = await session.scalars(rows.order_by(DispatchRule.id.desc()).limit(query.limit + 1))
    return paged(found.all(), query.limit)


async def load(session: AsyncSession, actor: Actor, rule_id: UUID, permission: str) -> DispatchRule:
    found = await session.scalar(select(DispatchRule).where(DispatchRule.id == rule_id))
    access.require_anywhere(actor, permission)
    if found is None:
        raise NotFound()
    return found


async def versions(session: AsyncSession, actor: Actor, rule_id: UUID) -> dict[str, Any]:
    """The fields of a DispatchRuleVersions, the newest first."""
    await load(session, actor, rule_id, "dispatch-rules:read")
    rows = select(DispatchRuleVersion).where(DispatchRuleVersion.rule_id == rule_id)
    found = await session.scalars(rows.order_by(DispatchRuleVersion.number.desc()).limit(_MOST_VERSIONS))
    items = [shown_chain(row) | {"number": row.number, "created_at": row.created_at} for row in found]
    return {"rule_id": rule_id, "items": items}


async def create(session: AsyncSession, actor: Actor, form: DispatchRuleCreate) -> DispatchRule:
    """A rule for a category, its branch, or all. 409 when one of the kind holds already."""
    access.require_anywhere(actor, "dispatch-rules:create")
    root = (await session.scalars(select(Place.path).where(Place.parent_id.is_(None)))).one()
    access.require(actor, "dispatch-rules:create", root)
    chain = await _chain(session, form.category, form.steps, form.quiet_since, form.quiet_until)
    same = (DispatchRule.category.is_not_distinct_from(form.category), DispatchRule.retired_at.is_(None))
    urged = DispatchRule.urgency.is_not_distinct_from(form.urgency)
    if await session.scalar(select(DispatchRule.id).where(*same, urged)) is not None:
        raise Duplicate("此类别已有派单规则，请修改或先停用")
    rule = DispatchRule(
        district_id=actor.district_id,
        id=new_id(),
        path=root,
        category=form.category,
        urgency=form.urgency,
        number=1,
        **chain,
    )
    session.add(rule)
    publish(session, NOUN, rule, "create", actor=actor, data=_told(rule))
    await _keep(session, rule)
    return rule


async def update(
    session: AsyncSession, actor: Actor, rule_id: UUID, version: int, form: DispatchRuleUpdate
) -> DispatchRule:
    """Change what was sent: a new version. Orders under way keep the one they began with."""
    rule = await load(session, actor, rule_id, "dispatch-rules:update")
    access.require(actor, "dispatch-rules:update", rule.path)
    await hold(session, rule, version)
    _must_hold(rule)
    sent = form.model_fields_set
    steps = form.steps if "steps" in sent else [WayStepForm.model_validate(step) for step in shown_chain(rule)["steps"]]
    since = form.quiet_since if "quiet_since" in sent else clock_of(rule.quiet_since)
    until = form.quiet_until if "quiet_until" in sent else clock_of(rule.quiet_until)
    for name, value in (await _chain(session, rule.category, steps, since, until)).items():
        setattr(rule, name, value)
    rule.number += 1
    publish(session, NOUN, rule, "update", actor=actor, data=_told(rule))
    await _keep(session, rule)
    return rule


async def retire(session: AsyncSession, actor: Actor, rule_id: UUID, form: DispatchRuleRetire) -> DispatchRule:
    """It is for no new orders; those under way go on by it."""
    rule = await load(session, actor, rule_id, "dispatch-rules:retire")
    access.require(actor, "dispatch-rules:retire", rule.path)
    await session.refresh(rule, with_for_update=True)
    _must_hold(rule)
    rule.retired_at = now()
    publish(session, NOUN, rule, "retire", actor=actor, data=_told(rule) | {"words": form.words})
    await session.flush()
    return rule


def _must_hold(rule: DispatchRule) -> None:
    if rule.retired_at is not None:
        raise Conflict("派单规则已停用")


async def _keep(session: AsyncSession, rule: DispatchRule) -> None:
    """The version as it is now, for good."""
    key = {"district_id": rule.district_id, "id": new_id(), "rule_id": rule.id, "number": rule.number}
    await session.flush()
    session.add(
        DispatchRuleVersion(**key, steps=rule.steps, quiet_since=rule.quiet_since, quiet_until=rule.quiet_until)
    )
    await session.flush()


def _told(rule: DispatchRule) -> dict[str, Any]:
    return {
        "category": rule.category,
        "urgency": rule.urgency and rule.urgency.value,
        "number": rule.number,
        "ways": [step["way"] for step in rule.steps],
    }


async def _chain(
    session: AsyncSession, category: str | None, forms: list[WayStepForm], since: str | None, until: str | None
) -> dict[str, Any]:
    """The columns of a chain that makes sense for the category; 422 otherwise."""
    return await chain_of(session, await _terms(session, category), forms, since, until)


async def _terms(session: AsyncSession, category: str | None) -> Terms | None:
    """Of a kind of service; None for a branch or for all, whose kinds differ. 422 when the catalogue knows no such code."""
    if category is None:
        return None
    found = await session.scalar(select(Category).where(Category.code == category))
    if found is None:
        raise RuleBroken("服务类别不在目录中", field="category")
    return None if found.terms is None else terms_of(found.terms)


async def chain_of(
    session: AsyncSession, terms: Terms | None, forms: list[WayStepForm], since: str | None, until: str | None
) -> dict[str, Any]:
    """The columns of a chain, checked: its steps, its quiet hours, and that whose people take turns is there."""
    steps = [WayStep(**form.model_dump()) for form in forms]
    quiet = [None if clock is None else minute_of(clock) for clock in (since, until)]
    check_quiet(*quiet)
    check_steps(steps, terms)
    for number, step in enumerate(steps):
        if step.organization_id is not None:
            await _must_be_a_circle(session, step.organization_id, f"steps.{number}.organization_id")
    return {"steps": [step.as_json() for step in steps], "quiet_since": quiet[0], "quiet_until": quiet[1]}


async def _must_be_a_circle(session: AsyncSession, organization_id: UUID, field: str) -> None:
    kind = await session.scalar(select(Organization.kind).where(Organization.id == organization_id))
    if kind not in CIRCLES:
        raise RuleBroken("轮流派单须写明本区的一个队伍或党组织", field=field)
