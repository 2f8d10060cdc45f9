"""The clock of a need: each step takes it along in the same write."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import now
from app.domain.clocks import ClockKind, ClockSubject
from app.domain.clocks_needs import INTAKE, move_of
from app.domain.clocks_orders import Move
from app.domain.needs import NeedAction, NeedState
from app.models import Need
from app.services import clocks
from app.services.clocks import Bearer, Timing

_ENDS = {
    Move.PAUSE: clocks.pause,
    Move.RESUME: clocks.resume,
    Move.MEET: clocks.meet,
    Move.STOP: clocks.stop,
}


def begin(session: AsyncSession, need: Need, times: Timing, cause: str) -> None:
    """Something is to be decided about it from now on."""
    place = (need.path, need.community_id, need.grid_id, need.round)
    bearer = Bearer(ClockSubject.NEED, need.id, need.district_id, *place)
    clocks.start(session, times, bearer, ClockKind.SIGN, INTAKE, cause, now())


def follow(session: AsyncSession, need: Need, times: Timing, action: NeedAction, target: NeedState) -> None:
    """What this step of the need does to its clock (``domain.clocks_needs``)."""
    move = move_of(action, target)
    if move is Move.START:
        begin(session, need, times, action.value)
    elif move is not None:
        _ENDS[move](session, times, ClockKind.SIGN, action.value, now())
