"""An SMS gateway that takes only what is rightly signed, and keeps what it was given."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.fakes.servers import Answer, Asked, Hangup, serving

SECRET = "made-up-secret-of-the-gateway"


@dataclass
class FakeGateway:
    """``codes`` holds the last code of each phone. ``mood`` is what it does instead of working."""

    codes: dict[str, str] = field(default_factory=dict)
    taken: int = 0
    refused: int = 0
    mood: str | None = None

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        async with serving(self._answer) as address:
            yield f"{address}/codes"

    async def _answer(self, asked: Asked) -> Answer:
        if self.mood == "slow":
            await asyncio.sleep(5)
            return 503, b""
        if self.mood == "hang up":
            raise Hangup
        if self.mood == "down":
            return 503, b""
        if (asked.method, asked.path) != ("POST", "/codes") or not self._signed(asked):
            self.refused += 1
            return 401, b""
        told = json.loads(asked.body)
        self.codes[told["phone"]] = told["code"]
        self.taken += 1
        return 202, b""

    @staticmethod
    def _signed(asked: Asked) -> bool:
        stamp = asked.headers.get("x-sanshun-timestamp", "0")
        digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + asked.body, hashlib.sha256).hexdigest()
        fresh = abs(time.time() - int(stamp)) < 300
        return fresh and hmac.compare_digest(f"sha256={digest}", asked.headers.get("x-sanshun-signature", ""))
