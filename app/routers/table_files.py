"""Lists to take away: a list whose query is a ``FileQuery`` answers with all its pages as a file when it is asked to."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, get_type_hints

from fastapi import Response

from app.core.paging import FileFormat, FileQuery
from app.services.table_files import CONTENT_TYPES, MOST_ROWS, as_file, every_page, item_of

CUT = "X-Rows-Cut"
FILE = {
    "description": f"一页；或全部各页的文件，最多 {MOST_ROWS} 条",
    "content": {kind.partition(";")[0]: {} for kind in CONTENT_TYPES.values()},
    "headers": {
        CUT: {
            "description": "文件未列全：只有前若干条，最后一行有说明",
            "schema": {"type": "string", "enum": ["true"]},
        }
    },
}
"""What a list says of its answer that may be a file."""


def can_be_file(endpoint: Callable[..., Any]) -> bool:
    form = get_type_hints(endpoint).get("query")
    return isinstance(form, type) and issubclass(form, FileQuery)


def takeable(endpoint: Callable[..., Awaitable[Any]], page: Any, path: str) -> Callable[..., Awaitable[Any]]:
    """The same handler, asked page after page when a file is wanted: its permission, scope, filters and masks hold."""
    item, name = item_of(page), path.rpartition("/")[2]

    @wraps(endpoint)
    async def answer(*, query: FileQuery, **given: Any) -> Any:
        if query.format is FileFormat.JSON:
            return await endpoint(query=query, **given)
        found, cut = await every_page(lambda each: endpoint(query=each, **given), query)
        body = await as_file(query.format, item, found, cut=cut)
        headers = {"content-disposition": f"attachment; filename={name}.{query.format}"}
        return Response(body, media_type=CONTENT_TYPES[query.format], headers=headers | ({CUT: "true"} if cut else {}))

    return answer
