"""What is due of resources: holds that run out, and resources whose validity ends or is about to."""

from app.core.clock import now
from app.domain.resources import STANDING
from app.models import Booking, Resource
from app.models.base import literal_in
from app.services import bookings, resources
from app.workers.clocks_due import Due, ids_of

_STANDING = literal_in("state", STANDING)


def due() -> list[Due]:
    """What may be due, each with the verb that deals with it."""
    moment = now()
    return [
        (ids_of(Booking.id, "state = 'held'", Booking.expires_at, moment), bookings.expire),
        (ids_of(Resource.id, _STANDING, Resource.ends_at, moment), resources.lapse),
        (ids_of(Resource.id, f"reminded_at IS NULL AND {_STANDING}", Resource.remind_at, moment), resources.remind),
    ]
