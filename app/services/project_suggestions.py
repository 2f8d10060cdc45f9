"""Suggested projects 未诉先办: read, adopted as a project of the community's, or dismissed with the reason."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import NotFound
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.lifecycle import Step
from app.domain.needs import IN_STORE
from app.domain.people import Actor
from app.domain.project_suggestions import SUGGESTION, SuggestionAction, SuggestionState
from app.domain.projects import MOST_NEEDS
from app.models import Need, ProjectSuggestion
from app.schemas.project_suggestions import (
    ProjectSuggestionAdopt,
    ProjectSuggestionDismiss,
    ProjectSuggestionQuery,
    ProjectSuggestionRead,
)
from app.schemas.projects import ProjectCreate
from app.services import projects
from app.services.access import at, under
from app.services.outbox import publish
from app.services.places import paged, place_of
from app.services.project_suggestions_find import repeated

_FIELDS = tuple(name for name in ProjectSuggestionRead.model_fields if name not in {"needs", "actions"})
_Shown = dict[str, Any]
_Step = Step[SuggestionState, SuggestionAction]


async def _present(session: AsyncSession, actor: Actor, rows: Sequence[ProjectSuggestion]) -> list[_Shown]:
    return [await _present_one(session, actor, row) for row in rows]


async def _present_one(session: AsyncSession, actor: Actor, row: ProjectSuggestion) -> _Shown:
    shown = {name: getattr(row, name) for name in _FIELDS}
    alike = repeated(row.community_id, row.path, row.category, row.since, row.decided_at)
    needs = await session.scalar(select(func.count()).select_from(Need).where(*alike))
    return shown | {"needs": needs, "actions": SUGGESTION.offered(row.state, actor.roles_at(row.path))}


async def page(session: AsyncSession, actor: Actor, query: ProjectSuggestionQuery) -> Page[_Shown]:
    """Of the reader's places, newest first."""
    grants = access.require_anywhere(actor, "project-suggestions:list")
    rows = select(ProjectSuggestion).where(under(ProjectSuggestion, grants))
    if query.state is not None:
        rows = rows.where(ProjectSuggestion.state == query.state)
    if query.place_id is not None:
        place = await place_of(session, query.place_id)
        rows = rows.where(at(ProjectSuggestion, place.kind, place.id, place.path))
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(ProjectSuggestion.id < after)
    found = (await session.scalars(rows.order_by(ProjectSuggestion.id.desc()).limit(query.limit + 1))).all()
    cut: Page[ProjectSuggestion] = paged(found, query.limit)
    return Page(await _present(session, actor, cut.items), cut.next_cursor)


async def _load(session: AsyncSession, actor: Actor, suggestion_id: UUID, *, lock: bool = False) -> ProjectSuggestion:
    """404 for whoever does not answer for the place."""
    actor.checked.add("project-suggestions:read")
    row = select(ProjectSuggestion).where(ProjectSuggestion.id == suggestion_id)
    found = await session.scalar(row.with_for_update() if lock else row)
    if found is None or not access.may("project-suggestions:read", actor.roles_at(found.path)):
        raise NotFound()
    return found


async def read(session: AsyncSession, actor: Actor, suggestion_id: UUID) -> _Shown:
    return await _present_one(session, actor, await _load(session, actor, suggestion_id))


async def adopt(session: AsyncSession, actor: Actor, suggestion_id: UUID, form: ProjectSuggestionAdopt) -> _Shown:
    """Propose a project at the place, with those of the needs that are still to be met."""
    row = await _load(session, actor, suggestion_id, lock=True)
    step = _decide(actor, row, SuggestionAction.ADOPT)
    alike = repeated(row.community_id, row.path, row.category, row.since)
    unmet = select(Need.id).where(*alike, Need.state.in_(IN_STORE)).order_by(Need.id).limit(MOST_NEEDS)
    needs = list(await session.scalars(unmet))
    wanted = ProjectCreate(place_id=row.place_id, need_ids=needs, **form.model_dump())
    row.project_id = (await projects.propose(session, actor, wanted)).project.id
    _move(session, actor, row, step, project_id=str(row.project_id))
    return await _present_one(session, actor, row)


async def dismiss(session: AsyncSession, actor: Actor, suggestion_id: UUID, form: ProjectSuggestionDismiss) -> _Shown:
    """No project, for this reason; later needs may suggest one again."""
    row = await _load(session, actor, suggestion_id, lock=True)
    step = _decide(actor, row, SuggestionAction.DISMISS)
    row.reason = form.reason
    _move(session, actor, row, step, reason=form.reason)
    return await _present_one(session, actor, row)


def _decide(actor: Actor, row: ProjectSuggestion, action: SuggestionAction) -> _Step:
    actor.checked.add(SUGGESTION.permission(action))
    return SUGGESTION.decide(row.state, action, actor.roles_at(row.path))


def _move(session: AsyncSession, actor: Actor, row: ProjectSuggestion, step: _Step, **told: Any) -> None:
    source, row.state = row.state, step.target
    row.decided_at, row.decided_by = now(), actor.person_id
    publish(
        session,
        SUGGESTION.noun,
        row,
        step.action.value,
        actor=actor,
        source=source.value,
        target=row.state.value,
        data=told,
    )
