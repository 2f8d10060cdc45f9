"""``make demo`` against a real server with the seeded district: it works on a fresh start, again, and when neighbours are busy."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from demo.callers import Caller
from demo.story import TITLE
from tests.stories.running import HASTE, ROOT

DISTRICT = 150103
SCENES = [
    "群众点单",
    "社区受理",
    "网格派单：系统先邀请谁",
    "第一位婉拒",
    "党员接单",
    "上门签到",
    "签退并报告完成",
    "群众评单",
    "时长确认",
]


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False) as http:
        yield http


def demo(url: str, *words: str) -> tuple[int, str]:
    """Exit code and what was told."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "demo.loop", "--seconds", str(90 / HASTE), *words],
        cwd=ROOT,
        env=os.environ | {"SANSHUN_URL": url, "PYTHONIOENCODING": "utf-8", "COLUMNS": "200"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def confirmed_minutes(http: httpx.Client, *logins: str) -> int:
    return sum(int(Caller(http, login, DISTRICT).get("/v1/hours/balance")["confirmed_minutes"]) for login in logins)


def minutes(told: str) -> int:
    """What the story says was confirmed: one, or more where the machine was slow."""
    found = re.search(r"确认 (\d+) 分钟", told)
    assert found, told
    assert int(found[1]) > 0
    return int(found[1])


def test_the_loop_is_told_from_asking_to_hours_any_number_of_times(url: str, http: httpx.Client) -> None:
    told_of = 0
    for _ in range(2):
        code, told = demo(url)
        assert code == 0, told
        assert re.findall(r"^ +\d+  (.+?) *$", told, re.MULTILINE) == SCENES
        assert re.search(r"系统邀请 \S+（在册党员，与 resident1 同单元）", told)
        assert re.search(r"\S+（报到党员，与 resident1 同楼）一口答应", told)
        told_of += minutes(told)
        assert confirmed_minutes(http, "member2") == told_of


def test_a_story_broken_off_is_put_away_first(url: str, http: httpx.Client) -> None:
    resident, community = (Caller(http, login, DISTRICT) for login in ("resident1", "community"))
    form = {"title": TITLE, "details": "滴水", "place_id": resident.me["place_id"], "category": "repair.plumbing"}
    waiting, asked = (resident.post("/v1/needs", **form) for _ in range(2))
    community.post(f"/v1/needs/{asked['id']}/accept")
    code, told = demo(url)
    assert code == 0, told
    assert [resident.get(f"/v1/needs/{need['id']}")["state"] for need in (waiting, asked)] == ["withdrawn"] * 2
    assert re.search(r"系统邀请 \S+（在册党员，与 resident1 同单元）", told)


def test_neighbours_the_system_may_not_choose_are_asked_by_name(url: str, http: httpx.Client) -> None:
    helpers = ("member1", "member2", "member3", "volunteer1")
    for login in helpers:
        Caller(http, login, DISTRICT).post("/v1/consents/refuse-matching")
    before = confirmed_minutes(http, *helpers)
    code, told = demo(url)
    assert code == 0, told
    assert "没有演示账号，我们不能替人答复" in told
    assert "网格员指名邀请" in told
    assert confirmed_minutes(http, *helpers) == before + minutes(told)


def test_a_step_that_fails_is_named_and_fails_the_demo(url: str, http: httpx.Client) -> None:
    code, told = demo(url, "--seconds", "0.1")
    assert code == 1
    assert "演示在“时长确认”一步停下：没有记下服务时长" in told
    assert "Traceback" not in told


def test_without_demo_accounts_or_server_it_says_so(url: str) -> None:
    code, told = demo(url, "--district", "150102")
    assert (code, "这个服务器上没有演示账号" in told) == (1, True)
    code, told = demo("http://127.0.0.1:1")
    assert (code, "http://127.0.0.1:1 没有服务器在运行" in told, "make run" in told) == (1, True, True)
    assert "Traceback" not in told
