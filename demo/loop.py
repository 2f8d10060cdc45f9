"""``make demo``: tells the loop against the running server. Exit code 0 when every step succeeded, 1 otherwise."""

import argparse
import os
import sys
from collections.abc import Sequence

import httpx
from rich.console import Console

from app.core.start_errors import StartError
from app.workers.supervisor import read_settings
from demo.callers import Caller, StoryFailed
from demo.story import Cast, tell
from demo.telling import Teller

HELPERS = ("member1", "member2", "member3", "volunteer1")
PATIENCE_SECONDS = 30.0


def main(words: Sequence[str] | None = None) -> int:
    chosen = _options().parse_args(words)
    console = Console(file=sys.stdout)
    teller = Teller(console)
    try:
        with httpx.Client(base_url=chosen.url, timeout=PATIENCE_SECONDS, trust_env=False) as http:
            teller.title("三顺店社区的一件小事：群众点单，网格派单，党员接单，群众评单")
            teller.note(f"服务器 {chosen.url}。以下每一步都是对它的真实请求；人物与住址都是虚构的。")
            district = chosen.district or read_settings().seed_district
            tell(_cast(http, district), teller, chosen.seconds)
    except (StoryFailed, StartError) as failed:
        teller.fail(str(failed))
        return 1
    except KeyboardInterrupt:
        teller.fail("中途停止。没走完的一单，下次演示开始时会先收好。")
        return 1
    teller.end("一件小事，走完一圈。")
    return 0


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="make demo", description="Walk one need from 点单 to confirmed hours.")
    options.add_argument("--url", default=os.environ.get("SANSHUN_URL", "http://127.0.0.1:8000"))
    options.add_argument("--district", type=int, help="whose demo accounts; by default SANSHUN_SEED_DISTRICT or 150103")
    options.add_argument(
        "--seconds", type=float, default=61.0, help="how long the service takes; under 60 no minute is recorded"
    )
    return options


def _cast(http: httpx.Client, district: int) -> Cast:
    """Everybody, signed in."""
    resident, community, grid = (Caller(http, login, district) for login in ("resident1", "community", "grid1"))
    return Cast(resident, community, grid, tuple(Caller(http, login, district) for login in HELPERS))


if __name__ == "__main__":
    sys.exit(main())
