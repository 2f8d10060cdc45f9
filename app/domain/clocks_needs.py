"""Which steps of a need start, pause and meet its clock: until the community has decided about it (受理)."""

from app.domain.clocks import Limit
from app.domain.clocks_orders import HOUSE, Move
from app.domain.needs import NeedAction, NeedState
from app.domain.work_time import Unit, time_of

_A, _M = NeedAction, Move

INTAKE = Limit(time_of(1, Unit.WORKING_DAYS), Unit.WORKING_DAYS, HOUSE)
"""House rule: a need is accepted, refused, passed on or asked about within a working day."""
BY_ACTION: dict[NeedAction, Move] = {
    _A.ASK: _M.PAUSE,
    _A.ANSWER: _M.RESUME,
    _A.ACCEPT: _M.MEET,
    _A.REFUSE: _M.MEET,
    _A.REDIRECT: _M.MEET,
    _A.MERGE: _M.MEET,
    _A.LAPSE: _M.STOP,
    _A.WITHDRAW: _M.STOP,
    _A.APPEAL: _M.START,
    _A.REOPEN: _M.START,
    _A.UNMERGE: _M.START,
}


def move_of(action: NeedAction, target: NeedState) -> Move | None:
    """What a step of a need does to its clock; a clock only starts where there is something to decide."""
    move = BY_ACTION.get(action)
    return None if move is _M.START and target is not NeedState.SUBMITTED else move
