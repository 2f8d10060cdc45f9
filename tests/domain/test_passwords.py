"""What either profile takes and refuses, and how passwords are kept."""

from datetime import UTC, datetime, timedelta

import argon2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import passwords
from app.domain.passwords import LONGEST, POLICIES, Profile, faults, is_common, is_expired

ASVS, MLPS3 = POLICIES[Profile.ASVS], POLICIES[Profile.MLPS3]
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def cheap() -> None:
    """Here alone they are kept as the product keeps them."""


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "红旗社区便民服务站天天开门",
        "Tj8-kQz!0vbn2",
        "青城的风吹过八月的草原上",
        "🐎🐎 eleven quiet rivers",
    ],
)
def test_asvs_takes_what_is_long_and_not_guessed(password: str) -> None:
    assert faults(ASVS, password, "grid1") == []


@pytest.mark.parametrize(
    "password",
    [
        "Password1234",
        "p@ssw0rd2024!",
        "qwertyuiop123",
        "1qaz2wsx3edc",
        "abcabcabcabc",
        "sanshun-demo",
        "sanshun2024admin",
        "iloveyou123456",
        "1111222233334444",
        "woaini5201314!",
        "雨雨雨雨雨雨雨雨雨雨雨雨",
        "zyxwvutsrqponm",
        "20240101-19991231",
    ],
)
def test_asvs_refuses_what_everybody_guesses_first(password: str) -> None:
    assert is_common(password)
    assert faults(ASVS, password, None) == ["密码过于常见，容易被猜中"]


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("Horse-4x", []),
        ("horse-4x", []),
        ("HORSE4xx", []),
        ("Ab1-xyz", ["密码至少 8 个字符"]),
        ("horsehorse4", ["密码须含大写字母、小写字母、数字、其他字符中的至少 3 类"]),
        ("Xgrid1-2026", ["密码不能包含用户名"]),
        ("short", ["密码至少 8 个字符", "密码须含大写字母、小写字母、数字、其他字符中的至少 3 类"]),
        ("社区工作者Ab1", []),
    ],
)
def test_mlps3_asks_for_classes(password: str, wrong: list[str]) -> None:
    assert faults(MLPS3, password, "grid1") == wrong


def test_both_refuse_the_login_and_what_never_ends() -> None:
    for policy in (ASVS, MLPS3):
        assert "密码不能包含用户名" in faults(policy, "my Grid1 of 9 steppes", "grid1")
        assert faults(policy, "Aa1-" + "kqzv" * 31, None) in ([], ["密码过于常见，容易被猜中"])
        assert f"密码最多 {LONGEST} 个字符" in faults(policy, "Aa1-" + "kqzv" * 32, None)


@pytest.mark.parametrize(
    ("days", "asvs", "mlps3"), [(89, False, False), (90, False, False), (91, False, True), (None, False, True)]
)
def test_only_mlps3_expires(days: int | None, asvs: bool, mlps3: bool) -> None:
    set_at = None if days is None else NOW - timedelta(days=days)
    assert (is_expired(ASVS, set_at, NOW), is_expired(MLPS3, set_at, NOW)) == (asvs, mlps3)


@given(st.text(max_size=140), st.none() | st.text("abcdef0123456789_.-", min_size=2, max_size=40))
def test_any_text_is_judged(password: str, login: str | None) -> None:
    for policy in POLICIES.values():
        found = faults(policy, password, login)
        assert len(found) == len(set(found))
        assert found or len(password) >= policy.shortest


async def test_a_hash_is_argon2id_with_todays_parameters_and_fits_one_password() -> None:
    kept = await passwords.hash_password("é一二三")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await passwords.password_fits(kept, "é一二三"), "the same signs, composed otherwise"
    assert not await passwords.password_fits(kept, "é一二四")
    assert not passwords.is_outdated(kept)
    assert passwords.is_outdated(argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("x"))


@pytest.mark.parametrize("kept", [None, "!", "", "$argon2id$v=19$m=65536,t=3,p=4$broken"])
async def test_what_is_no_hash_fits_nothing_and_costs_as_much(
    kept: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []
    verify = passwords._hasher.verify

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            fits = False
            try:
                fits = verify(stored, password)
            finally:
                done.append(stored.count("$") == 5 and not stored.endswith("broken"))
            return fits

    monkeypatch.setattr(passwords, "_hasher", Counting())
    assert not await passwords.password_fits(kept, "no account has this password")
    assert sum(done) == 1
