"""The docs page: everything comes from this server, nothing from another, and the browser is told so."""

import gzip
import hashlib
import re
from base64 import b64encode
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from app.core.keys import audit_keys, field_keys, signing_keys
from app.main import create_app
from app.routers import docs
from app.services.seeding_accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from app.settings import Settings

OURS = Path(docs.__file__).parent / "docs_files"
ADDRESS = re.compile(r'(?:src|href)="([^"]+)"')
ELSEWHERE = re.compile(r"""(?:https?:)?//[a-z0-9-]+\.[a-z]""", re.IGNORECASE)


@pytest.fixture
async def page(transport: httpx.ASGITransport) -> httpx.Response:
    return await fetch(transport, "/docs")


async def fetch(transport: httpx.ASGITransport, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_the_page_is_chinese_and_may_load_only_from_here(page: httpx.Response) -> None:
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="zh-CN">' in page.text
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy.pop("img-src") == "'self' data:"
    own = {"script-src", "style-src", "connect-src"}
    assert {name for name, source in policy.items() if source == "'self'"} == own
    assert {name for name, source in policy.items() if source == "'none'"} == policy.keys() - own
    assert policy["default-src"] == "'none'"
    assert (page.headers["x-content-type-options"], page.headers["referrer-policy"]) == ("nosniff", "no-referrer")


async def test_nothing_is_inline_or_from_another_host(page: httpx.Response) -> None:
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=", page.text) == []
    assert all(address.startswith(("/docs/assets/", "/openapi.json")) for address in ADDRESS.findall(page.text))
    for path in OURS.iterdir():
        text = path.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not ELSEWHERE.search(text), path.name


async def test_every_asset_is_served_whole_and_may_be_kept(
    page: httpx.Response, transport: httpx.ASGITransport
) -> None:
    assets = [address for address in ADDRESS.findall(page.text) if address.startswith("/docs/assets/")]
    assert len(assets) == 6
    for address in assets:
        packed = await fetch(transport, address, accept_encoding="gzip")
        plain = await fetch(transport, address, accept_encoding="identity")
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.content == plain.content
        assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert address.split("?v=")[1] == hashlib.sha256(plain.content).hexdigest()[:16]
        known = await fetch(transport, address, if_none_match=plain.headers["etag"])
        assert (known.status_code, known.content) == (304, b"")


async def test_swagger_ui_asks_no_other_host_for_anything(transport: httpx.ASGITransport) -> None:
    style = (await fetch(transport, "/docs/assets/swagger-ui.css")).text
    assert re.findall(r"@import|url\((?!\"?data:)", style) == []
    script = (OURS / "page.js").read_text(encoding="utf-8")
    assert "validatorUrl: null" in script
    assert 'url: "/openapi.json"' in script


@pytest.mark.parametrize("name", ["redoc.standalone.js", "page.html", "..%2fdocs.py", "%2e%2e", "x"])
async def test_no_other_file_is_served(transport: httpx.ASGITransport, name: str) -> None:
    answer = await fetch(transport, f"/docs/assets/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_asset_packs_to_the_same_bytes_everywhere() -> None:
    found = docs.asset("page.js")
    assert gzip.decompress(found.packed) == found.body
    assert found.packed[4:8] == b"\0\0\0\0"


async def test_demo_accounts_show_in_development_alone(settings: Settings, page: httpx.Response) -> None:
    assert page.text.count("<option value=") == len(DEMO_ACCOUNTS) + 1
    assert DEMO_PASSWORD in page.text
    keys = {
        "signing_key": SecretStr(signing_keys(settings)[0].decode()),
        "field_key": SecretStr(b64encode(field_keys(settings)[0].key).decode()),
        "audit_key": SecretStr(b64encode(audit_keys(settings)[0]).decode()),
    }
    production = create_app(settings.model_copy(update={"environment": "production"} | keys))
    shown = (await fetch(httpx.ASGITransport(production), "/docs")).text
    assert 'id="sign-in"' in shown
    assert 'id="demo"' not in shown
    assert DEMO_PASSWORD not in shown
