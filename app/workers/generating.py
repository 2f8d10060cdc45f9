"""Writes ``openapi/``: the published document, and the pages that are read off the tables of ``app/domain``.

The pages are committed, so that a change of a rule shows in a review. The same code gives the same bytes everywhere.
"""

import json
from pathlib import Path
from typing import Any

from app.settings import ROOT
from app.workers.generating_pages import access_page, errors_page, glossary_page, lifecycles_page

FOLDER = ROOT / "openapi"


def documents(schema: dict[str, Any]) -> dict[str, str]:
    """File name → text of everything under ``openapi/``; ``schema`` is the app's OpenAPI document."""
    return {
        "access.md": access_page(),
        "errors.md": errors_page(),
        "glossary.md": glossary_page(),
        "lifecycles.md": lifecycles_page(),
        "openapi.json": json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n",
    }


def write(schema: dict[str, Any], folder: Path = FOLDER) -> list[str]:
    """Write what is stale and remove what is made no longer; the names of the files that changed."""
    changed = stale(schema, folder)
    texts = documents(schema)
    folder.mkdir(exist_ok=True)
    for name in changed:
        if name in texts:
            (folder / name).write_text(texts[name], encoding="utf-8", newline="\n")
        else:
            (folder / name).unlink()
    return changed


def stale(schema: dict[str, Any], folder: Path = FOLDER) -> list[str]:
    """The files that are not what the code makes: changed, missing, or made no longer."""
    texts = documents(schema)
    found = {path.name: path.read_bytes() for path in folder.glob("*") if path.is_file()}
    return sorted(name for name in texts.keys() | found.keys() if _bytes(texts.get(name)) != found.get(name))


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()
