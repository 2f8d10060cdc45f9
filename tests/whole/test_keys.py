"""Keys are made once in development, asked for in production, and never readable by others."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.core.crypto import Cipher
from app.core.errors import Unauthenticated
from app.core.ids import new_id
from app.core.keys import audit_keys, drop_field_key, field_keys, new_field_key, new_signing_key, signing_keys
from app.core.security import Tokens
from app.core.start_errors import SettingsWrong
from app.settings import Settings


def settings(folder: Path, **changes: object) -> Settings:
    return Settings(database_url=None).model_copy(update={"data_dir": folder, "environment": "development"} | changes)


def test_development_makes_each_key_once_even_when_many_start(tmp_path: Path) -> None:
    at = settings(tmp_path / "data")
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: (field_keys(at)[0], signing_keys(at)[0]), range(8)))
    assert len(made) == 1
    assert sorted(path.name for path in at.data_dir.iterdir()) == ["field_key", "signing_key"]
    assert {path.stat().st_mode & 0o777 for path in at.data_dir.iterdir()} == {0o600}


def test_a_new_signing_key_signs_and_the_old_one_verifies_until_it_is_taken_out(tmp_path: Path) -> None:
    at, ids = settings(tmp_path), [new_id() for _ in range(3)]
    old_keys = signing_keys(at)
    issued = _tokens(old_keys).issue(150_103, *ids)
    assert new_signing_key(at) is None
    ring = signing_keys(at)
    assert ring[1:] == old_keys
    both = _tokens(ring)
    assert both.check(issued).sign_in_id == ids[2]
    assert _tokens(ring[:1]).check(both.issue(150_103, *ids)).sign_in_id == ids[2], "the first one signs"
    with pytest.raises(Unauthenticated):
        _tokens(ring[:1]).check(issued)
    assert (tmp_path / "signing_key").stat().st_mode & 0o777 == 0o600


def test_a_given_signing_ring_is_not_ours_to_write(tmp_path: Path) -> None:
    given = signing_keys(settings(tmp_path / "elsewhere"))[0]
    at = settings(tmp_path, signing_key=SecretStr(given.decode()))
    printed = new_signing_key(at)
    assert printed is not None
    assert signing_keys(settings(tmp_path, signing_key=SecretStr(printed + given.decode()))) == [
        printed.encode(),
        given,
    ]
    assert not (tmp_path / "signing_key").exists()


def _tokens(keys: list[bytes]) -> Tokens:
    return Tokens(keys, timedelta(minutes=5))


def test_production_makes_no_keys(tmp_path: Path) -> None:
    at = settings(tmp_path, environment="production")
    with pytest.raises(SettingsWrong, match="SANSHUN_FIELD_KEY must be set in production"):
        field_keys(at)
    with pytest.raises(SettingsWrong, match="SANSHUN_SIGNING_KEY must be set in production"):
        signing_keys(at)
    with pytest.raises(SettingsWrong, match="SANSHUN_AUDIT_KEY must be set in production"):
        audit_keys(at)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("written", ["", "short", base64.b64encode(b"x" * 31).decode(), "é" * 32])
def test_field_key_of_another_length_is_refused(tmp_path: Path, written: str) -> None:
    given = Settings(field_key=written)  # type: ignore[arg-type]
    with pytest.raises(SettingsWrong, match="32 bytes in base64"):
        field_keys(given.model_copy(update={"data_dir": tmp_path}))


def test_a_ring_is_read_in_its_order(tmp_path: Path) -> None:
    keys = [base64.b64encode(bytes([n]) * 32).decode() for n in range(3)]
    ring = f"7:sm4-gcm:{keys[0]}, 2:aes-256-gcm:{keys[1]},{keys[2]}\n"
    found = field_keys(settings(tmp_path, field_key=SecretStr(ring)))
    assert [(key.number, key.cipher, key.key[0]) for key in found] == [
        (7, Cipher.SM4, 0),
        (2, Cipher.AES, 1),
        (1, Cipher.AES, 2),
    ]


@pytest.mark.parametrize(
    "ring",
    [
        "{0},{0}",
        "1:aes-256-gcm:{0},1:sm4-gcm:{0}",
        "1:{0}",
        "0:aes-256-gcm:{0}",
        "128:aes-256-gcm:{0}",
        "1:des:{0}",
        "1:aes-256-gcm:{0}:x",
        "1:aes-256-gcm:{0},",
        "one:aes-256-gcm:{0}",
    ],
)
def test_a_ring_that_is_wrong_is_refused_without_its_keys(tmp_path: Path, ring: str) -> None:
    key = base64.b64encode(b"x" * 32).decode()
    with pytest.raises(SettingsWrong, match="several entries") as refused:
        field_keys(settings(tmp_path, field_key=SecretStr(ring.format(key))))
    assert key not in str(refused.value)


def test_the_setting_says_what_new_keys_seal_with(tmp_path: Path) -> None:
    assert field_keys(settings(tmp_path / "a"))[0].cipher is Cipher.AES
    assert field_keys(settings(tmp_path / "b", field_cipher="sm4-gcm"))[0].cipher is Cipher.SM4


def test_a_new_key_comes_first_and_the_old_ones_stay(tmp_path: Path) -> None:
    at = settings(tmp_path)
    (first,) = field_keys(at)
    entry = new_field_key(at, Cipher.SM4)
    assert entry.startswith("2:sm4-gcm:")
    assert [(key.number, key.cipher) for key in field_keys(at)] == [(2, Cipher.SM4), (1, Cipher.AES)]
    assert field_keys(at)[1] == first
    assert [path.name for path in tmp_path.iterdir()] == ["field_key"]
    assert (tmp_path / "field_key").stat().st_mode & 0o777 == 0o600


def test_many_new_keys_at_once_are_all_kept(tmp_path: Path) -> None:
    at = settings(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        entries = list(pool.map(lambda _: new_field_key(at, Cipher.AES), range(8)))
    assert sorted(int(entry.split(":")[0]) for entry in entries) == list(range(2, 10))
    assert {key.number for key in field_keys(at)} == set(range(1, 10))


def test_a_number_does_not_come_back(tmp_path: Path) -> None:
    at = settings(tmp_path)
    new_field_key(at, Cipher.AES)
    drop_field_key(at, 1)
    assert new_field_key(at, Cipher.AES).startswith("3:")
    with pytest.raises(SettingsWrong, match="Key 3 is the one that seals"):
        drop_field_key(at, 3)
    assert [key.number for key in field_keys(at)] == [3, 2]


def test_a_ring_that_is_given_is_left_to_whoever_gives_it(tmp_path: Path) -> None:
    key = base64.b64encode(b"x" * 32).decode()
    for environment in ("production", "development"):
        at = settings(tmp_path, environment=environment, field_key=SecretStr(f"5:aes-256-gcm:{key}"))
        entry = new_field_key(at, Cipher.AES)
        assert entry.startswith("6:aes-256-gcm:")
        assert key not in entry
        assert len(field_keys(at)) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_audit_key_is_a_ring_of_its_own(tmp_path: Path) -> None:
    (made,) = audit_keys(settings(tmp_path))
    assert len(made) == 32
    assert audit_keys(settings(tmp_path)) == [made]
    new, old = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
    assert [key[0] for key in audit_keys(settings(tmp_path, audit_key=SecretStr(f"{new}, {old}\n")))] == [1, 2]


@pytest.mark.parametrize("ring", ["", "short", "{0},{0}", "{0},", "é"])
def test_an_audit_key_that_is_none_is_refused_without_showing_it(tmp_path: Path, ring: str) -> None:
    key = base64.b64encode(b"x" * 32).decode()
    with pytest.raises(SettingsWrong, match="SANSHUN_AUDIT_KEY must be 32 bytes") as refused:
        audit_keys(settings(tmp_path, audit_key=SecretStr(ring.format(key))))
    assert key not in str(refused.value)
