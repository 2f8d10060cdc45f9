"""The parts of an activity: written with it, and changed as far as those who signed up allow."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, RuleBroken
from app.core.ids import new_id
from app.domain.activities import check_parts
from app.models import Activity, ActivityRole, SignUp
from app.schemas.activities import RoleForm
from app.services.activities_case import ActivityCase


def check(forms: Sequence[RoleForm]) -> None:
    check_parts((form.name, form.kind, form.skill, form.certified) for form in forms)


def add(session: AsyncSession, activity: Activity, forms: Sequence[RoleForm]) -> None:
    for position, form in enumerate(forms, 1):
        session.add(_new(activity, form, position))


def _new(activity: Activity, form: RoleForm, position: int) -> ActivityRole:
    columns = form.model_dump(exclude={"id"})
    place = {"district_id": activity.district_id, "activity_id": activity.id, "path": activity.path}
    return ActivityRole(**place, **columns, id=new_id(), position=position, taken=0, last_waiting=0)


async def change(session: AsyncSession, case: ActivityCase, forms: Sequence[RoleForm]) -> None:
    """The parts as they are to be. What people signed up for keeps its kind, and has room for all of them."""
    check(forms)
    there = {role.id: role for role in case.roles}
    named = {form.id for form in forms if form.id is not None}
    if not named <= there.keys():
        raise RuleBroken("活动没有这个角色", field="roles")
    if len(named) < sum(form.id is not None for form in forms):
        raise RuleBroken("同一角色只能出现一次", field="roles")
    for role_id in there.keys() - named:
        await _remove(session, there[role_id])
    await session.flush()
    for position, form in enumerate(forms, 1):
        if form.id is None:
            session.add(_new(case.activity, form, position))
        else:
            await _rewrite(session, there[form.id], form, position)
    await session.flush()


async def _remove(session: AsyncSession, role: ActivityRole) -> None:
    if await _used(session, role):
        raise Conflict("已有人报名的角色不能删去")
    await session.delete(role)


async def _used(session: AsyncSession, role: ActivityRole) -> bool:
    return await session.scalar(select(SignUp.id).where(SignUp.role_id == role.id).limit(1)) is not None


async def _rewrite(session: AsyncSession, role: ActivityRole, form: RoleForm, position: int) -> None:
    if form.places < role.taken:
        raise Conflict("名额不能少于已报名人数")
    if form.kind is not role.kind and await _used(session, role):
        raise Conflict("已有人报名的角色不能改变种类")
    for name, value in form.model_dump(exclude={"id"}).items():
        setattr(role, name, value)
    role.position = position
