"""A suggested project 未诉先办: what is asked for again and again at one place is better dealt with once, at its cause."""

from datetime import timedelta
from enum import StrEnum

from app.domain.access_parties import ADMINS
from app.domain.lifecycle import Lifecycle, Step
from app.domain.needs import NeedState
from app.domain.people import Role

REPEATED = 3
"""House rule: so many needs of one kind at one place make a suggestion."""
WINDOW = timedelta(days=180)
"""House rule: within this time; and since it was last decided what to do about them."""
DEPTH = 5
"""How many places a path names down to the compound, or to what stands beside one under a grid: what a project is done at."""
COUNTED = frozenset({NeedState.ACCEPTED, NeedState.IN_SERVICE, NeedState.MET, NeedState.CLOSED, NeedState.PLANNED})
"""Needs that were found to be such; of those merged the one they were merged into counts."""


class SuggestionState(StrEnum):
    SUGGESTED = "suggested"
    ADOPTED = "adopted"
    DISMISSED = "dismissed"


class SuggestionAction(StrEnum):
    ADOPT = "adopt"
    DISMISS = "dismiss"


_SUGGESTED = frozenset({SuggestionState.SUGGESTED})
SUGGESTION = Lifecycle(
    "project-suggestion",
    "项目建议",
    initial=SuggestionState.SUGGESTED,
    actions=SuggestionAction,
    state_names={
        SuggestionState.SUGGESTED: "待研究",
        SuggestionState.ADOPTED: "已立项",
        SuggestionState.DISMISSED: "不立项",
    },
    action_names={SuggestionAction.ADOPT: "立项", SuggestionAction.DISMISS: "不立项"},
    steps=(
        Step(
            SuggestionAction.ADOPT,
            _SUGGESTED,
            SuggestionState.ADOPTED,
            frozenset({Role.COMMUNITY_ADMIN}),
            note="以这些需求由社区提出共建项目；未办结的需求列入其中",
        ),
        Step(
            SuggestionAction.DISMISS,
            _SUGGESTED,
            SuggestionState.DISMISSED,
            ADMINS,
            note=f"写明理由；此后再有 {REPEATED} 件同类需求时重新建议",
        ),
    ),
)


def cause(path: str) -> str | None:
    """The path of the place where the cause is looked for; None of what lies above any compound."""
    codes = path.split("/")[:-1]
    return "/".join(codes[:DEPTH]) + "/" if len(codes) >= DEPTH else None
