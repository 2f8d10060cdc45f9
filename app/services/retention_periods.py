"""When a period of the retention table is over: by the house's rule, or by what the people concerned were promised."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Delete,
    Integer,
    Interval,
    ScalarSelect,
    Update,
    and_,
    func,
    literal,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.consents import Purpose
from app.domain.retention import RULE_OF, Kind, period_of
from app.models import Consent, PrivacyNotice

BATCH = 500
_MOMENT: DateTime = DateTime(timezone=True)


def before(kind: Kind) -> datetime:
    """What happened before this has been kept long enough."""
    return now() - period_of(kind)


def promised_before(kind: Kind, person_id: Any) -> ColumnElement[datetime]:
    """The same for what is kept of this person, whom a notice may have promised less: the one they agreed to last, or the one in
    force now. Who has agreed to none, as someone without a record, is promised what the latter says.
    """
    rule = RULE_OF[kind]
    told = select(PrivacyNotice.retention_days).where(
        PrivacyNotice.purpose == rule.purpose, PrivacyNotice.effective_at <= now()
    )
    current = told.order_by(PrivacyNotice.number.desc()).limit(1).scalar_subquery()
    days = func.least(literal(rule.period.days, Integer), current, _agreed(rule.purpose, person_id))
    period = func.make_interval(0, 0, 0, days, type_=Interval)
    found: ColumnElement[datetime] = literal(now(), _MOMENT) - period
    return found


def _agreed(purpose: Purpose | None, person_id: Any) -> ScalarSelect[int | None]:
    told = and_(PrivacyNotice.district_id == Consent.district_id, PrivacyNotice.id == Consent.notice_id)
    newest = (
        select(PrivacyNotice.retention_days)
        .join_from(Consent, PrivacyNotice, told)
        .where(Consent.person_id == person_id, Consent.purpose == purpose)
    )
    return newest.order_by(Consent.id.desc()).limit(1).correlate_except(Consent, PrivacyNotice).scalar_subquery()


def agreed_at(purpose: Purpose, person_id: Any) -> ScalarSelect[datetime]:
    """When the basis that stands for this was given."""
    stands = (Consent.person_id == person_id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None))
    return select(func.max(Consent.given_at)).where(*stands).correlate_except(Consent).scalar_subquery()


async def run(session: AsyncSession, statement: Delete | Update) -> int:
    """How many rows it dealt with."""
    result: Any = await session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)
