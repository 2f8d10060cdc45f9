"""The published document of the app, and its operations one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.routers.openapi import operations
from app.settings import Settings


@dataclass(frozen=True, eq=False)
class Operation:
    """One method of one path, as the document declares it."""

    method: str
    path: str
    declared: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.declared["operationId"])

    @property
    def permission(self) -> str:
        return str(self.declared["x-permission"])

    @property
    def form(self) -> str | None:
        """The name of the schema of its JSON body, if it has one."""
        content = self.declared.get("requestBody", {}).get("content", {})
        reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
        return reference.rpartition("/")[2] or None


def unstarted(folder: Path) -> Settings:
    """Settings for an app that is only looked at, never started."""
    return Settings(database_url="postgresql://nobody@127.0.0.1/none", data_dir=folder, workers=False)


def operations_of(document: dict[str, Any]) -> Iterator[Operation]:
    for path, method, declared in operations(document):
        yield Operation(method.upper(), path, declared)
