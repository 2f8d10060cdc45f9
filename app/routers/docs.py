"""接口文档页：自带全部文件，断网可用；页内登录。

Swagger UI's files are those of the package fastapi-offline; the rest of the page lies in ``docs_files``. Every asset's
address carries the hash of its content, so that a browser may keep it for good and still sees a new one at once.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from app.core.errors import NotFound
from app.services.seeding_accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from app.settings import Settings

_OURS = Path(__file__).parent / "docs_files"
_SWAGGER_UI = files("fastapi_offline") / "static"
_ASSETS = {
    "swagger-ui-bundle.js": (_SWAGGER_UI, "text/javascript; charset=utf-8"),
    "swagger-ui.css": (_SWAGGER_UI, "text/css; charset=utf-8"),
    "page.js": (_OURS, "text/javascript; charset=utf-8"),
    "words.js": (_OURS, "text/javascript; charset=utf-8"),
    "page.css": (_OURS, "text/css; charset=utf-8"),
    "icon.svg": (_OURS, "image/svg+xml"),
}
_CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Swagger UI's style sheet holds its pictures
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_PAGE_HEADERS = {
    "content-security-policy": _CONTENT_POLICY,
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_FOR_GOOD = "public, max-age=31536000, immutable"

router = APIRouter(prefix="/docs", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    packed: bytes
    etag: str
    media: str


@router.get("")
async def docs_page(request: Request) -> Response:
    return Response(page(request.app.state.settings), media_type="text/html", headers=_PAGE_HEADERS)


@router.get("/assets/{name}")
async def docs_asset(
    name: str,
    accept_encoding: Annotated[str, Header()] = "",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    return _answer(asset(name), packed="gzip" in accept_encoding, known=if_none_match)


@cache
def asset(name: str) -> Asset:
    """A file of the page, read once. Raises NotFound."""
    if name not in _ASSETS:
        raise NotFound()
    folder, media = _ASSETS[name]
    body = (folder / name).read_bytes()
    return Asset(body, gzip.compress(body, 6, mtime=0), f'"{hashlib.sha256(body).hexdigest()[:16]}"', media)


def _answer(found: Asset, *, packed: bool, known: str | None) -> Response:
    headers = {
        "etag": found.etag,
        "cache-control": _FOR_GOOD,
        "vary": "accept-encoding",
        "x-content-type-options": "nosniff",
    }
    if known == found.etag:
        return Response(status_code=304, headers=headers)
    if packed:
        headers["content-encoding"] = "gzip"
    return Response(found.packed if packed else found.body, headers=headers, media_type=found.media)


@cache
def page(settings: Settings) -> str:
    """The page itself; demo accounts are shown where they exist, in development."""
    addresses = {
        name.replace("-", "_").replace(".", "_"): f"/docs/assets/{name}?v={asset(name).etag[1:-1]}" for name in _ASSETS
    }
    demo = _demo_accounts(settings.seed_district) if settings.environment == "development" else ""
    template = Template((_OURS / "page.html").read_text(encoding="utf-8"))
    return template.substitute(addresses, demo=demo, district=settings.seed_district)


def _demo_accounts(district: int) -> str:
    options = "".join(
        f'<option value="{account.login}@{district}">{account.login} · {escape(account.description)}</option>'
        for account in DEMO_ACCOUNTS
    )
    return (
        f'<label>演示账号 <select id="demo" data-password="{escape(DEMO_PASSWORD)}">'
        f'<option value="">请选择，即可登录</option>{options}</select></label>'
    )
