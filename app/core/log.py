"""Logging: one JSON line an entry in production, readable lines in development; nothing personal in either."""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

_SECRET_KEYS = frozenset(
    {
        *("password", "secret", "client_secret", "key", "field_key", "signing_key", "session_key"),
        *("token", "access_token", "refresh_token", "authorization", "ticket", "challenge", "code", "js_code", "totp"),
        *("name", "asker_name", "login", "username", "phone", "id_number", "birth_date", "address"),
        *("openid", "unionid"),
        *("title", "details", "text", "words", "why", "value", "body", "form", "params", "parameters"),
    }
)
_SECRET_SHAPES = re.compile(
    "|".join(
        (
            r"(?<!\d)(?:86)?1[3-9]\d(?: ?\d{4}){2}(?!\d)",  # mobile number
            r"(?<!\d)\d{17}[\dXx](?!\d)",  # resident identity number
            r"\beyJ[\w-]+\.[\w-]+\.[\w-]+",  # token
            r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",  # user and password in a URL
            r"(?:aes-256-gcm|sm4-gcm):[\w+/]{43}=?",  # field key
            r"(?<![0-9A-Za-z_-])o[0-9A-Za-z_-]{27}(?![0-9A-Za-z_-])",  # WeChat's name for a user
            r"(?s:DETAIL:.*)",  # what the database says about a row
            r"(?s:query argument \$\d+:.*)",  # what the driver says about a value
            r"(?<=input_value=).*?(?=, input_type=|\]|$)",  # what pydantic says about a value
        )
    )
)
_HIDDEN = "[hidden]"
_ODD = re.compile(r"[^/\w.{}:-]", re.ASCII)
"""What no path of ours has: names and words that somebody put into one are not for the log."""


def scrubbed(text: str) -> str:
    """A text without phone numbers, identity numbers, tokens, passwords and row contents."""
    return _SECRET_SHAPES.sub(_HIDDEN, text)


def scrub(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last processor before rendering; secrets are known by key, and by shape inside any text."""
    for key, value in entry.items():
        entry[key] = _HIDDEN if key in _SECRET_KEYS else _clean(value)
    if isinstance(path := entry.get("path"), str):
        entry["path"] = _plain_path(path) if _ODD.search(path) else path
    return entry


def _plain_path(path: str) -> str:
    return "/".join(_HIDDEN if _ODD.search(part) else part for part in path.split("/"))


def _clean(value: Any) -> Any:
    """Texts scrubbed, however deep they lie."""
    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, dict):
        return {key: _HIDDEN if key in _SECRET_KEYS else _clean(inner) for key, inner in value.items()}
    return [_clean(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def trace_of(error: BaseException) -> str:
    """Where it went wrong, the oldest first, and by which kinds of exceptions; without their words, which may quote anything.

    Numbers are known by their shape, names by nothing: of what a value broke on, only the place is told.
    """
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    parts = [trace_of(one) for one in (before, *inner) if one is not None]
    return "\n".join([*parts, "".join(traceback.format_tb(error.__traceback__)) + _kind(error)])


def _kind(error: BaseException) -> str:
    """The exception's class; of a refusal by the database its SQLSTATE and what it names of the schema."""
    known = (getattr(error, name, None) for name in ("sqlstate", "table_name", "column_name", "constraint_name"))
    return " ".join([type(error).__name__, *(value for value in known if isinstance(value, str))])


def _traced(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    error = entry.pop("exc_info", None)
    error = sys.exc_info()[1] if error is True else error[1] if isinstance(error, tuple) else error
    if isinstance(error, BaseException):
        entry["exception"] = trace_of(error)
    return entry


class _ToStructlog(logging.Handler):
    """Libraries log through the standard module; their lines go the same way as ours."""

    def emit(self, record: logging.LogRecord) -> None:
        text, error = record.getMessage(), record.exc_info[1] if record.exc_info else None
        trace = {}
        if error is not None:
            text = text.partition("\n")[0]  # below it the event loop writes the exception out
            trace["error"] = _kind(error)
            if place := traceback.extract_tb(error.__traceback__)[-1:]:
                trace["at"] = f"{place[0].filename}:{place[0].lineno}"
        structlog.get_logger().log(record.levelno, text, logger=record.name, **trace)


def configure(*, json: bool) -> None:
    """Set up once per process, before anything logs."""
    render: Any = (
        structlog.processors.JSONRenderer(serializer=lambda entry, **_: orjson.dumps(entry, default=str))
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _traced,
            scrub,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer)
        if json
        else structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_ToStructlog()], level=logging.WARNING, force=True)
    for talkative in ("httpx", "httpcore"):  # they tell whole addresses, and with them secrets in queries
        logging.getLogger(talkative).setLevel(logging.WARNING)
