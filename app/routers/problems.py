"""Refusals on the wire: RFC 9457 problem documents, rendered in one place."""

import re
from typing import Any

import orjson
import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException  # noqa: TID251 - the framework raises it; it is rendered here

from app.core.db import refusal_of
from app.core.errors import (
    AppError,
    BadRequest,
    Invalid,
    LostRace,
    MethodNotAllowed,
    NotFound,
    Unavailable,
    UnsupportedMedia,
)

_HOLE = re.compile(r"\{[^}]+\}")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z_-]{0,39}")
_MEDIA = "application/problem+json"
_log = structlog.get_logger()


class FieldProblem(BaseModel):
    where: str
    kind: str


class Problem(BaseModel):
    """一次拒绝（RFC 9457）。code 稳定不变，供程序判断；title 与 detail 给人看。"""

    model_config = ConfigDict(extra="allow")

    type: str
    code: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | None = Field(default=None, description="哪些字段、哪类问题；不回显内容")


_WHEN = {
    400: "请求格式有误",
    401: "未登录或登录已失效",
    403: "您的角色不能执行此操作",
    404: "没有找到，或您看不到",
    409: "与当前状态冲突，或已被他人抢先",
    410: "此人信息已删除",
    412: "内容已被他人修改",
    413: "请求体过大",
    415: "不支持的内容类型",
    422: "提交的内容不符合要求",
    428: "缺少 If-Match",
    429: "操作过于频繁，稍后再试",
    503: "服务暂时不可用",
    504: "处理超时",
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": words, "content": {_MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, words in _WHEN.items()
}


def render(error: AppError) -> Response:
    document = {
        "type": f"urn:sanshun:problem:{error.code}",
        "code": error.code,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
    } | error.members
    headers = error.headers() | {"cache-control": "no-store"}
    return Response(orjson.dumps(document), error.status, headers, media_type=_MEDIA)


async def on_app_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, AppError):
        raise error
    return render(error)


async def on_validation_error(_: Request, error: Exception) -> Response:
    """Where and what kind, never what was sent. Malformed JSON is a matter of the request, not of a field."""
    if not isinstance(error, RequestValidationError):
        raise error
    problems = error.errors()
    if any(problem["type"] == "json_invalid" for problem in problems):
        return render(BadRequest("请求体不是有效的 JSON"))
    shown = [{"where": ".".join(map(_named, p["loc"]))[:200], "kind": p["type"]} for p in problems[:50]]
    return render(Invalid(errors=shown))


def _named(part: str | int) -> str:
    """A field's name as ours are; a name that only the sender knows may itself be what must not be echoed."""
    return str(part) if isinstance(part, int) or _FIELD.fullmatch(part) else "?"


async def on_http_exception(request: Request, error: Exception) -> Response:
    """What the framework itself refuses. It wraps whatever goes wrong while reading a body in a plain 400."""
    if not isinstance(error, HTTPException):
        raise error
    if isinstance(error.__cause__, AppError):
        return render(error.__cause__)
    kinds = {400: BadRequest, 404: NotFound, 405: MethodNotAllowed, 415: UnsupportedMedia, 422: Invalid}
    response = render(kinds.get(error.status_code, BadRequest)())
    response.status_code = error.status_code
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    if error.status_code == 405:
        response.headers["allow"] = ", ".join(_methods_at(request))
    return response


def _methods_at(request: Request) -> list[str]:
    """What the document has at this path; the framework names the methods of one route alone (RFC 9110 §10.2.1)."""
    paths: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    here = request.url.path
    fitting = (
        [paths[here]] if here in paths else [i for p, i in paths.items() if re.fullmatch(_HOLE.sub("[^/]+", p), here)]
    )
    return sorted({method.upper() for item in fitting for method in item})


async def on_database_error(request: Request, error: Exception) -> Response:
    """A database's refusal in our words; 500 and a log entry when the fault is ours."""
    refusal = refusal_of(error)
    _log.warning(
        "database_error", path=request.url.path, kind=type(error).__name__, refusal=refusal.code if refusal else "none"
    )
    if refusal is None:
        return await on_fault(request, error)
    return render(refusal)


async def on_busy(_: Request, __: Exception) -> Response:
    """No connection became free in time."""
    return render(Unavailable())


async def on_fault(request: Request, error: Exception) -> Response:
    _log.error("fault", path=request.url.path, exc_info=error)
    return render(AppError())


async def on_stale(_: Request, __: Exception) -> Response:
    """A row changed between reading and writing it; nothing was written."""
    return render(LostRace("内容刚被他人修改，请刷新后再试"))
