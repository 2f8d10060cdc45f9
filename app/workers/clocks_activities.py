"""What is due of activities because time has passed, each with the verb that deals with it."""

from app.core.clock import now
from app.core.crypto import Sealer
from app.domain.activities import CHECK_IN_OPENS, REMINDED, UPCOMING
from app.models import Activity, ActivitySeries, SignUp
from app.models.base import literal_in
from app.schemas.activities import ActivityStart
from app.services import activities_steps, activity_series, sign_ups_check, sign_ups_substitutes
from app.workers.clocks_due import Due, ids_of

_UPCOMING = literal_in("state", UPCOMING)


def due(sealer: Sealer | None) -> list[Due]:
    """``sealer`` None: nobody whose age is asked for is judged, nor asked."""
    moment = now()
    return [
        (
            ids_of(Activity.id, f"{_UPCOMING} AND reminded_at IS NULL", Activity.starts_at, moment + REMINDED),
            activities_steps.remind,
        ),
        (
            ids_of(Activity.id, _UPCOMING, Activity.starts_at, moment + CHECK_IN_OPENS),
            lambda session, row_id: activities_steps.start(session, None, row_id, ActivityStart()),
        ),
        (
            ids_of(ActivitySeries.id, "state = 'running'", ActivitySeries.next_look_at, moment),
            activity_series.look,
        ),
        (
            ids_of(SignUp.id, "state = 'invited'", SignUp.answer_by, moment),
            lambda session, row_id: sign_ups_substitutes.expire(session, sealer, row_id),
        ),
        (
            ids_of(SignUp.id, "search = 'looking'", SignUp.search_at, moment),
            lambda session, row_id: sign_ups_substitutes.look_on(session, sealer, row_id),
        ),
        (ids_of(SignUp.id, "state = 'checked_in'", SignUp.check_out_by, moment), sign_ups_check.close_forgotten),
    ]
