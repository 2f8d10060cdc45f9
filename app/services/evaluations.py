"""Residents judge a delivered project: one voice each, for its round, until the window is over; staff see sums and words alone.

A list of words carries neither ids nor times, and nothing but the number of voices is shown while somebody may still add one, so
that the history, which says who took part, does not say who said what. With few voices the sums would say it too, and stay hidden.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.errors import Conflict, Duplicate, Forbidden, NotFound, RuleBroken
from app.core.ids import new_id
from app.core.paging import Page, id_after
from app.domain import access
from app.domain.evaluations import EVALUATION_WINDOW, Verdict, verdict
from app.domain.people import Actor, Relation
from app.domain.projects import ProjectAction, ProjectState
from app.models import Evaluation, Person, Project
from app.schemas.evaluations import EvaluationCreate, EvaluationQuery, EvaluationRead
from app.services import projects_needs
from app.services.due import must_be_due
from app.services.outbox import publish
from app.services.places import paged
from app.services.projects_case import ProjectCase, decide, load, move

NOUN = "evaluation"
_FIELDS = tuple(EvaluationRead.model_fields)
_GIVE = "evaluations:give"
_INSIDE = frozenset({Relation.PROPOSER, Relation.LEAD, Relation.SUPPORT})


def present(evaluation: Evaluation) -> dict[str, Any]:
    return {name: getattr(evaluation, name) for name in _FIELDS}


async def give(session: AsyncSession, actor: Actor, form: EvaluationCreate) -> Evaluation:
    """Rate it, once. Not one's own unit's project, nor one that is none of one's business."""
    case = await load(session, actor, form.project_id, "projects:read")
    project = case.project
    actor.checked.add(_GIVE)
    if case.parties & _INSIDE or _belongs(actor, case) or not await _concerned(session, actor, case):
        raise Forbidden("只有项目所在地的居民和需求得到回应的人可以评议；参与项目的不能自评")
    until = _until(project)
    if project.state is not ProjectState.DELIVERED or until is None or until <= now():
        raise Conflict("不在评议期内")
    mine = (Evaluation.project_id == project.id, Evaluation.round == project.round)
    if await session.scalar(select(Evaluation.id).where(*mine, Evaluation.person_id == actor.person_id)) is not None:
        raise Duplicate("您已评议过此项目")
    evaluation = Evaluation(
        district_id=project.district_id,
        id=new_id(),
        project_id=project.id,
        round=project.round,
        person_id=actor.person_id,
        path=project.path,
        rating=form.rating,
        words=form.words,
        created_at=now(),
    )
    session.add(evaluation)
    publish(session, NOUN, evaluation, "give", actor=actor, data={"project_id": str(project.id)})
    return evaluation


def _belongs(actor: Actor, case: ProjectCase) -> bool:
    """Whether the actor is of a unit in it, acting for it or not."""
    units = {case.project.proposer_unit_id, *(unit.organization_id for unit, _ in case.units)} - {None}
    return actor.organization_id in units


def _until(project: Project) -> Any:
    return None if project.delivered_at is None else project.delivered_at + EVALUATION_WINDOW


async def _concerned(session: AsyncSession, actor: Actor, case: ProjectCase) -> bool:
    """Whether the actor lives where it was done, or asked for what it answers."""
    if access.may(_GIVE, case.parties & frozenset(Relation)):
        return True
    home = await session.scalar(select(Person.path).where(Person.id == actor.person_id))
    return home is not None and home.startswith(case.project.path) and access.may(_GIVE, actor.roles)


async def read(session: AsyncSession, actor: Actor, evaluation_id: UUID) -> Evaluation:
    """One's own; for everybody else there is none."""
    actor.checked.add("evaluations:read")
    mine = select(Evaluation).where(Evaluation.id == evaluation_id, Evaluation.person_id == actor.person_id)
    found = await session.scalar(mine)
    if found is None:
        raise NotFound()
    return found


async def page(session: AsyncSession, actor: Actor, query: EvaluationQuery) -> Page[Evaluation]:
    """One's own, newest first."""
    access.require_anywhere(actor, "evaluations:list")
    rows = select(Evaluation).where(Evaluation.person_id == actor.person_id)
    if query.project_id is not None:
        rows = rows.where(Evaluation.project_id == query.project_id)
    if (after := id_after(query.cursor)) is not None:
        rows = rows.where(Evaluation.id < after)
    return paged((await session.scalars(rows.order_by(Evaluation.id.desc()).limit(query.limit + 1))).all(), query.limit)


async def summary(session: AsyncSession, actor: Actor, project_id: UUID) -> dict[str, Any]:
    """The sums of the newest round, for everybody who sees the project; the words for those who decide about it."""
    case = await load(session, actor, project_id, "projects:read", lock=False)
    project = case.project
    ratings = await _ratings(session, project)
    over = project.state in {ProjectState.EVALUATED, ProjectState.ARCHIVED}
    found = verdict(ratings)
    shown = over and not found.too_few
    return {
        "project_id": project.id,
        "round": project.round,
        "until": _until(project),
        "count": found.count,
        "average": found.average if shown else None,
        "ratings": {str(rating): ratings.get(rating, 0) for rating in range(1, 6)} if shown else {},
        "words": await _words(session, project) if shown and case.inside else [],
        "too_few": over and found.too_few,
        "too_low": shown and found.too_low,
    }


async def _ratings(session: AsyncSession, project: Project) -> dict[int, int]:
    rows = await session.execute(
        select(Evaluation.rating, func.count())
        .where(Evaluation.project_id == project.id, Evaluation.round == project.round)
        .group_by(Evaluation.rating)
    )
    return {row[0]: row[1] for row in rows}


async def _words(session: AsyncSession, project: Project) -> list[str]:
    """In the sequence of the alphabet, which says nothing of who came first."""
    said = select(Evaluation.words).where(
        Evaluation.project_id == project.id, Evaluation.round == project.round, Evaluation.words.is_not(None)
    )
    return sorted(words for words in await session.scalars(said) if words is not None)


async def verdict_of(session: AsyncSession, project: Project) -> Verdict:
    return verdict(await _ratings(session, project))


async def close(session: AsyncSession, project_id: UUID) -> None:
    """The window is over: the system says what came of it."""
    case = await load(session, None, project_id, "projects:evaluate")
    step = decide(case, ProjectAction.EVALUATE)
    must_be_due(None, _until(case.project))
    found = await verdict_of(session, case.project)
    projects_needs.done(case)
    case.project.evaluated_at = now()
    told: dict[str, Any] = {
        "count": found.count,
        "average": None if found.too_few else found.average,
        "follow_up": found.follow_up,
    }
    move(session, case, step, None, **told)


async def must_be_answered(session: AsyncSession, project: Project, words: str | None) -> None:
    """422 unless the community says what follows where too few took part, or they were not content."""
    if words is None and (await verdict_of(session, project)).follow_up:
        raise RuleBroken("参评人数少或评分低，归档时须写明后续措施；也可要求整改", field="words")
