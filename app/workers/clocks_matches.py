"""What is due of matches: proposals whose need has ended or whose resource is gone."""

from sqlalchemy import and_, or_, select, text

from app.domain.matches import OPEN_NEEDS, STANDING
from app.models import Match, Need, Resource
from app.services import matches
from app.workers.clocks_due import BATCH, Due


def due() -> list[Due]:
    """What may be due, each with the verb that deals with it."""
    rows = select(Match.id).where(text("matches.state = 'proposed'"))
    rows = rows.join(Need, and_(Need.district_id == Match.district_id, Need.id == Match.need_id))
    rows = rows.join(Resource, and_(Resource.district_id == Match.district_id, Resource.id == Match.resource_id))
    over = or_(Need.state.not_in(OPEN_NEEDS), Resource.state.not_in(STANDING))
    return [(rows.where(over).order_by(Match.id).limit(BATCH), matches.lapse)]
