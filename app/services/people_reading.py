"""Asking to read a minor's record: another administrator approves, and for a day whoever asked may read (未成年人网络保护条例)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.core.crypto import Sealer
from app.core.errors import Conflict, Duplicate
from app.core.ids import new_id
from app.domain.approvals import READ, ApprovalState, Subject
from app.domain.people import Actor
from app.models import Approval
from app.schemas.people_reading import PersonRequestReading
from app.services import minors, people, reasons
from app.services.outbox import publish


async def request(
    session: AsyncSession, actor: Actor, sealer: Sealer, person_id: UUID, form: PersonRequestReading
) -> Approval:
    """Leave a request. 409 when none is needed, or one of the actor's own is pending."""
    person = (await people.hold(session, actor, person_id, "people:request_reading")).person
    if await minors.may_read(session, actor, person):
        raise Conflict("无须批准即可查阅")
    mine = select(Approval.id).where(
        Approval.subject_id == person.id,
        Approval.asked_by == actor.person_id,
        Approval.action == READ,
        Approval.state == ApprovalState.PENDING,
    )
    if await session.scalar(mine) is not None:
        raise Duplicate("同样的申请正在等待批准")
    reasons.state(actor, sealer, form.why, person, field="why")
    approval = Approval(
        district_id=person.district_id,
        id=new_id(),
        subject=Subject.PERSON,
        subject_id=person.id,
        action=READ,
        form={"why": form.why},
        path=person.path,
        state=ApprovalState.PENDING,
        asked_by=actor.person_id,
        created_at=now(),
    )
    session.add(approval)
    data = {"subject": Subject.PERSON.value, "subject_id": str(person.id), "action": READ}
    publish(session, "approval", approval, "ask", actor=actor, target="pending", data=data)
    return approval
