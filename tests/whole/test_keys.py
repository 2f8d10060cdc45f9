"""Keys are made once in development, asked for in production, and never readable by others."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.core.keys import field_keys, signing_keys
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


def test_production_makes_no_keys(tmp_path: Path) -> None:
    at = settings(tmp_path, environment="production")
    with pytest.raises(SettingsWrong, match="SANSHUN_FIELD_KEY must be set in production"):
        field_keys(at)
    with pytest.raises(SettingsWrong, match="SANSHUN_SIGNING_KEY must be set in production"):
        signing_keys(at)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("written", ["", "short", base64.b64encode(b"x" * 31).decode(), "é" * 32])
def test_field_key_of_another_length_is_refused(tmp_path: Path, written: str) -> None:
    given = Settings(field_key=written)  # type: ignore[arg-type]
    with pytest.raises(SettingsWrong, match="32 bytes in base64"):
        field_keys(given.model_copy(update={"data_dir": tmp_path}))
