"""Every call of the suite is held against the audit trail: exactly one entry, or none (I12).

The transport tells the ledger of every answer it sees. What the trail must hold is worked out here from method, status and
document alone, so that the route and this agree or a test fails: at the end of each test for its own district, at the end
of the run for all others.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from app.core.db import Database
from app.core.errors import Unauthenticated
from app.core.security import Tokens
from app.domain.limits import DENIED_NOTED

_COUNTS = text(
    "SELECT operation, outcome, actor_id, count(*) AS entries FROM audit_entries"
    " WHERE district_id = :district AND caller IN ('person', 'client') GROUP BY operation, outcome, actor_id"
)
_IS_THERE = text("SELECT count(*) FROM districts WHERE id = :district")
"""A token may name a district that is not: there is no trail to note it in."""
OPENING = frozenset(
    {
        *("audit_list", "audit_read", "person_sightings"),
        *("me_export", "me_export_xlsx", "person_export", "person_export_xlsx"),
    }
)
"""Reading operations that show sensitive fields in clear, whoever asks: one entry each time."""
OPENING_TO_SOME = frozenset({"rights_request_read"})
"""Those that leave none where there is nothing to show, or to whom it belongs; their tests say exactly when."""
Call = tuple[str, str, UUID]
"""Operation, outcome, who."""


class NotOnce(AssertionError):
    """Calls and entries do not match."""


@dataclass
class Ledger:
    """What the trail must hold, by district."""

    calls: dict[int, Counter[Call]] = field(default_factory=lambda: defaultdict(Counter))
    reads: dict[int, Counter[Call]] = field(default_factory=lambda: defaultdict(Counter))
    """Calls that changed nothing and gave no file: none leaves an entry, and only those of what opens something count."""
    public: set[str] = field(default_factory=set)
    """Operations without a token note themselves; their tests look at that."""

    def hear(self, tokens: Tokens, declared: dict[str, Any], request: httpx.Request, answer: httpx.Response) -> None:
        name = str(declared["operationId"])
        if declared["x-permission"] == "public":
            self.public.add(name)
            return
        try:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            identity = tokens.check(token.strip() if scheme.lower() == "bearer" else "")
        except Unauthenticated:
            return
        # whoever is refused with 401 in spite of a valid token has ended that sign-in, or lost the account
        outcome = _outcome(request, answer, named=_names_a_row(declared, request))
        if outcome is None and _tells_of_somebody(answer):
            outcome = "denied"
        if outcome is None:
            return
        reading = outcome == "done" and request.method == "GET"
        kept = self.reads if reading and not _is_file(name, answer) else self.calls
        leaves_none = kept is self.reads and name not in OPENING | OPENING_TO_SOME
        kept[identity.district_id][name, outcome, identity.person_id] += 0 if leaves_none else 1

    async def settle(self, owner: Database, district: int) -> None:
        """Hold one district against its calls, and forget it. Raises NotOnce."""
        calls, reads = self.calls.pop(district, Counter()), self.reads.pop(district, Counter())
        async with owner.transaction(district) as session:
            rows = await session.execute(_COUNTS, {"district": district})
            if not await session.scalar(_IS_THERE, {"district": district}):
                return
            there = Counter({(row.operation, row.outcome, row.actor_id): row.entries for row in rows})
        wrong = [
            f"{' '.join(map(str, call))}: {calls[call] or reads[call]} calls, {there[call]} entries"
            for call in sorted(calls.keys() | reads.keys() | there.keys(), key=str)
            if call[0] not in self.public and not _as_it_should(call, calls[call], reads[call], there[call])
        ]
        if wrong:
            raise NotOnce("\n".join(wrong))

    def forget(self, district: int) -> None:
        """Of a district whose calls also go by a transport that does not tell."""
        self.calls.pop(district, None)
        self.reads.pop(district, None)

    async def settle_all(self, owner: Database) -> None:
        for district in sorted(self.calls.keys() | self.reads.keys()):
            await self.settle(owner, district)


def _outcome(request: httpx.Request, answer: httpx.Response, *, named: bool) -> str | None:
    if answer.is_success:
        return None if "idempotency-replayed" in answer.headers else "done"
    return "denied" if answer.status_code in {401, 403} or (answer.status_code == 404 and named) else None


def _is_file(name: str, answer: httpx.Response) -> bool:
    """A list taken away, and not what is opened anyway."""
    return name not in OPENING and "content-disposition" in answer.headers


def _tells_of_somebody(answer: httpx.Response) -> bool:
    """Refused because a phone or an identity number is somebody's: the trail says whose."""
    if answer.status_code != 409:
        return False
    refused = answer.json()
    return refused["code"] == "duplicate" and refused.get("field") in {"phone", "id_number"}


def _names_a_row(declared: dict[str, Any], request: httpx.Request) -> bool:
    """By an id in its path, its body or its query."""
    in_path = any(parameter["in"] == "path" for parameter in declared.get("parameters", []))
    return in_path or request.method != "GET" or bool(re.search(rb"(^|&)\w+_id=", request.url.query))


def _as_it_should(call: Call, calls: int, reads: int, entries: int) -> bool:
    if call[1] == "denied":
        return min(calls, DENIED_NOTED.burst) <= entries <= calls
    if calls or call[0] in OPENING:
        return entries == calls + reads
    return entries <= reads if call[0] in OPENING_TO_SOME else entries == 0


LEDGER = Ledger()
"""One for the whole process, whichever of its transports speaks."""
