"""One run of schemathesis against a running server, as some roles, and what it found."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

import schemathesis
from schemathesis import AuthContext, Case
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

Ids = Mapping[str, Sequence[str]]
"""Noun of the path → ids of rows there; a noun without rows is left out."""
Tokens = Mapping[str, str | None]
"""Role → the token of who plays it."""
ROLES = {
    "resident": "resident1",
    "volunteer": "volunteer1",
    "party_member": "member1",
    "grid_worker": "grid",
    "community_admin": "community",
    "subdistrict_admin": "subdistrict",
    "district_admin": "district",
    "auditor": "auditor",
    "department_staff": "department",
    "unit_liaison": "liaison",
    "anonymous": None,
}
"""Role → who plays it in the world."""

CHECKS: dict[str, Any] = {
    "enabled": True,
    # A well-formed form may still break a rule of the business (422 rule_broken), come with an old version (412), or too
    # often (429).
    "positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "412", "422", "429"]},
    # The order of refusals is fixed (docs/decisions/0004): an old version may be told before a wrong field.
    "negative_data_rejection": {"expected-statuses": [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428]},
    # A change without If-Match is refused with 428 (RFC 6585), as the document says.
    "missing_required_header": {"expected-statuses": [400, 401, 403, 404, 415, 422, 428]},
}


OFF: dict[str, Any] = {"enabled": False}
_UNSET = b'"sign_in_unavailable"'
"""The fuzzed server has no mini-program: it says so, 503, to every sign-in by WeChat that is well-formed."""
EXCEPTIONS: list[dict[str, Any]] = [
    # PATCH /v1/places/grid is a change of the place "grid": refused for what it lacks, not for its method.
    {"include-operation-id": "place_locate", "checks": {"unsupported_method": OFF}},
    *(
        {"include-operation-id": name, "checks": {"not_a_server_error": OFF, "positive_data_acceptance": OFF}}
        for name in ("wechat_sign_in", "wechat_register", "wechat_callback")
    ),
]


@dataclass
class Found:
    """What a run saw."""

    roles: str
    cases: int = 0
    operations: set[str] = field(default_factory=set)
    statuses: dict[int, int] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    """One line a distinct failure → the request that shows it."""

    def times(self, low: int, high: int) -> int:
        """How many answers had a status from ``low`` to under ``high``."""
        return sum(times for status, times in self.statuses.items() if low <= status < high)

    def __str__(self) -> str:
        seen = " ".join(f"{status}:{times}" for status, times in sorted(self.statuses.items()))
        return f"{self.roles}: {self.cases} requests, {len(self.operations)} operations, {seen}"


def config(ids: Ids, phases: dict[str, Any], **more: Any) -> SchemathesisConfig:
    """How to run: every check, and real ids in most paths and forms, since made-up ones find nothing."""
    told: dict[str, Any] = {
        "checks": CHECKS,
        "phases": phases,
        "generation": {"deterministic": True, "database": "none", "allow-x00": True},
        "suppress-health-check": ["all"],
        "continue-on-failure": True,
        "dictionaries": {noun: {"values": list(known)} for noun, known in ids.items()},
        "parameters": _bound(ids, {"body.need_id": "needs", "body.into_id": "needs", **_BODY}),
        "operations": [
            {"include-path-regex": f"^/v1/{noun}", "parameters": _bound(ids, {"path.id": noun})} for noun in ids
        ]
        + EXCEPTIONS,
        "warnings": False,
    }
    return SchemathesisConfig.from_dict(told | more)


_BODY = {
    "body.place_id": "places",
    "body.parent_id": "places",
    "body.person_id": "people",
    "body.asker_id": "people",
    "body.order_id": "orders",
    "body.organization_id": "organizations",
    "query.place_id": "places",
    "query.need_id": "needs",
    "query.order_id": "orders",
    "query.person_id": "people",
}


def _bound(ids: Ids, names: dict[str, str]) -> dict[str, Any]:
    known = {name: noun for name, noun in names.items() if noun in ids}
    return {name: {"dictionary": noun, "probability": 0.9} for name, noun in known.items()}


def only(**phases: dict[str, Any]) -> dict[str, Any]:
    """These phases and no others."""
    return dict.fromkeys(("examples", "coverage", "fuzzing", "stateful"), OFF) | phases


def turns(tokens: Sequence[str | None]) -> type[Any]:
    """Signs requests in: each operation is tried by one role after the other, each beginning with another role."""
    tried: dict[str, Iterator[int]] = {}

    class Turns:
        def get(self, case: Case[Any], _: AuthContext) -> str | None:
            turn = tried.setdefault(case.operation.label, itertools.count(len(tried)))
            return tokens[next(turn) % len(tokens)]

        def set(self, case: Case[Any], data: str | None, _: AuthContext) -> None:
            if data is not None:
                case.headers["Authorization"] = f"Bearer {data}"

    return Turns


def run(url: str, document: dict[str, Any], ids: Ids, tokens: Tokens, phases: dict[str, Any]) -> Found:
    """Everything the engine tries, and what came back. ``url`` is the server's root, ``document`` what it promises.

    In a process of its own: what schemathesis compiles of each operation, some megabytes, it keeps until its process ends.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        return apart.submit(_run, url, document, ids, tokens, phases).result()


def _run(url: str, document: dict[str, Any], ids: Ids, tokens: Tokens, phases: dict[str, Any]) -> Found:
    schema = schemathesis.openapi.from_dict(document, config=config(ids, phases, **{"base-url": url}))
    schema.auth(refresh_interval=None)(turns(list(tokens.values())))
    found = Found(", ".join(tokens))
    for event in from_schema(schema).execute():
        if isinstance(event, ScenarioFinished):
            _take(found, event)
        elif isinstance(event, NonFatalError):
            found.failures[f"{event.label}: {event.value!r}"] = ""
        elif isinstance(event, FatalError):
            raise event.exception
    return found


def _take(found: Found, event: ScenarioFinished) -> None:
    recorder = event.recorder
    for case_id, interaction in recorder.interactions.items():
        found.cases += 1
        found.operations.add(recorder.cases[case_id].value.operation.label)
        if interaction.response is not None and _UNSET not in (interaction.response.content or b""):
            status = interaction.response.status_code
            found.statuses[status] = found.statuses.get(status, 0) + 1
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                line = f"{failure.operation}: {failure.title}: {' '.join(failure.message.split())[:300]}"
                found.failures.setdefault(line, _shown(recorder, case_id))


def _shown(recorder: Any, case_id: str) -> str:
    interaction = recorder.interactions.get(case_id)
    if interaction is None:
        return ""
    request = interaction.request
    answer = interaction.response.content[:300] if interaction.response else b""
    return f"{request.method} {request.uri} {(request.body or b'')[:600]!r} -> {answer!r}"
