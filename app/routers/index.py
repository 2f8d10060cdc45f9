"""Finding the routers of a path by its noun: with hundreds of routes, trying one after another costs more than many verbs."""

from collections import defaultdict
from collections.abc import Iterable

from fastapi.routing import iter_route_contexts
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

_FOUND = "sanshun.route"


class Index(BaseRoute):
    """Stands before all other routes and leads to the one that they would find: the first that fits whole.

    What it does not find (405, 404, what is included later) is left to them.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._by_noun: dict[str, list[BaseRoute]] = defaultdict(list)
        for route in routes:
            for noun in {_noun(context.path or "") for context in iter_route_contexts([route])}:
                self._by_noun[noun].append(route)
        if holes := [noun for noun in self._by_noun if "{" in noun]:
            raise ValueError(f"{holes} stand for any noun: the index would lead past them")

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http":
            for route in self._by_noun.get(_noun(scope["path"]), ()):
                match, child_scope = route.matches(scope)
                if match is Match.FULL:
                    return match, {**child_scope, _FOUND: route}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        found: BaseRoute = scope[_FOUND]
        await found.handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        raise NoMatchFound(name, path_params)


def _noun(path: str) -> str:
    """``orders`` of ``/v1/orders/{id}``; of what has no version, its first part."""
    parts = path.split("/", 3)
    return parts[2] if len(parts) > 2 and parts[1] == "v1" else parts[1] if len(parts) > 1 else ""
