"""What ``make generate`` writes is committed, and is what the code makes."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import cli, published_schema
from app.core.errors import every_kind
from app.domain.access import TABLE
from app.domain.people import Role
from app.settings import Settings
from app.workers import generating
from app.workers.generating import FOLDER, stale, write
from app.workers.generating_pages import LIFECYCLES


def check() -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["generate", "--check"])
    return done.exit_code, done.stderr


def test_generated_files_are_fresh() -> None:
    assert check() == (0, "")


def test_check_names_what_is_stale_and_generate_mends_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    schema = published_schema(Settings())
    made = write(schema, tmp_path)
    assert made == ["access.md", "errors.md", "glossary.md", "lifecycles.md", "openapi.json"]
    (tmp_path / "errors.md").write_text("# 错误码\n", encoding="utf-8")
    (tmp_path / "access.md").unlink()
    (tmp_path / "leftover.md").write_text("", encoding="utf-8")
    assert stale(schema, tmp_path) == ["access.md", "errors.md", "leftover.md"]
    monkeypatch.setattr("app.cli.stale", lambda schema: stale(schema, tmp_path))
    code, said = check()
    assert code == 1
    assert [line.split(":")[0].rsplit("/", 1)[1] for line in said.splitlines()] == [
        "access.md",
        "errors.md",
        "leftover.md",
    ]
    assert write(schema, tmp_path) == ["access.md", "errors.md", "leftover.md"]
    assert stale(schema, tmp_path) == []


def test_made_twice_is_the_same_and_needs_neither_database_nor_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    production = Settings(environment="production", database_url="postgresql://nobody@127.0.0.1:1/none")
    first, second = (generating.documents(published_schema(settings)) for settings in (Settings(), production))
    assert first == second


def test_the_document_is_readable_and_sorted() -> None:
    text = (FOLDER / "openapi.json").read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert "群众点单" in text
    assert not re.search(r"\\u[4-9][0-9a-f]{3}", text)
    document = json.loads(text)
    assert list(document["paths"]) == sorted(document["paths"])
    assert len(document["paths"]) > 60


def test_every_step_code_and_permission_is_on_its_page() -> None:
    pages = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    for lifecycle in LIFECYCLES:
        assert lifecycle.mermaid() in pages["lifecycles.md"]
        for step in lifecycle.steps:
            rows = [
                line for line in pages["lifecycles.md"].splitlines() if f"`{step.action}`" in line.split("|")[:2][-1]
            ]
            assert any(step.note in row and f"`{step.target}`" in row for row in rows), step
    for kind in every_kind():
        if kind.__module__.startswith("app."):
            assert f"| {kind.status} | `{kind.code}` | {kind.title} |" in pages["errors.md"]
    for permission in TABLE:
        (row,) = [line for line in pages["access.md"].splitlines() if line.startswith(f"| `{permission}` |")]
        assert row.count("●") == len(TABLE[permission])
    assert all(f"| `{role}` |" in pages["glossary.md"] for role in Role)
