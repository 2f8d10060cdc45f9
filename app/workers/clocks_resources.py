"""What is due of resources: holds that run out, bookings nobody needs any more, and resources whose validity ends."""

from sqlalchemy import select, text

from app.core.clock import now
from app.domain.bookings import PENDING
from app.domain.resources import STANDING
from app.models import Booking, Resource
from app.models.base import literal_in
from app.services import bookings, bookings_moot, resources
from app.workers.clocks_due import BATCH, Due, ids_of

_STANDING = literal_in("state", STANDING)


def due() -> list[Due]:
    """What may be due, each with the verb that deals with it."""
    moment = now()
    moot = select(Booking.id).where(text(literal_in("bookings.state", PENDING)), bookings_moot.moot())
    return [
        (ids_of(Booking.id, "state = 'held'", Booking.expires_at, moment), bookings.expire),
        (moot.order_by(Booking.id).limit(BATCH), bookings_moot.give_back),
        (ids_of(Resource.id, _STANDING, Resource.ends_at, moment), resources.lapse),
        (ids_of(Resource.id, f"reminded_at IS NULL AND {_STANDING}", Resource.remind_at, moment), resources.remind),
    ]
