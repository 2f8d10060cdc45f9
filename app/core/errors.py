"""What a verb may refuse with. Each kind has a stable English code and a Chinese title.

Rendered once, in ``app.main``, as RFC 9457 ``application/problem+json``. A refusal never echoes what was sent.
"""

from typing import ClassVar


class AppError(Exception):
    """Base of every refusal. ``detail`` is a Chinese sentence for the person in front of the screen."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "系统内部错误"

    def __init__(self, detail: str = "", **members: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.members = members
        """Extension members of the problem document; JSON values only."""

    def headers(self) -> dict[str, str]:
        return {}


class BadRequest(AppError):
    code, status, title = "bad_request", 400, "请求格式有误"


class IdempotencyKeyMissing(AppError):
    code, status, title = "idempotency_key_missing", 400, "缺少 Idempotency-Key 请求头"


class Unauthenticated(AppError):
    code, status, title = "unauthenticated", 401, "请先登录"

    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class SecondFactorRequired(Unauthenticated):
    """The password fits; the code of the authenticator is owed. ``challenge`` goes with it to /v1/token/second-factor."""

    code, title = "second_factor_required", "还需要动态口令"


class SecondFactorSetupRequired(Unauthenticated):
    """The password fits; the role asks for an authenticator. ``challenge`` goes to /v1/token/second-factor/setup."""

    code, title = "second_factor_setup_required", "您的角色须先绑定动态口令"


class NewPasswordRequired(Unauthenticated):
    """The password fits, and is expired or was set by an administrator. ``challenge`` goes to /v1/token/new-password."""

    code, title = "new_password_required", "请先设置新密码"


class InvalidClient(Unauthenticated):
    """A client system that is unknown or disabled, or whose secret is wrong, expired or revoked (RFC 6749 §5.2)."""

    code, title = "invalid_client", "客户端标识或密钥不正确"

    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": 'Basic realm="sanshun", charset="UTF-8"'}


class InvalidScope(BadRequest):
    """A token was asked for with a scope the client does not have (RFC 6749 §5.2)."""

    code, title = "invalid_scope", "所请求的权限超出该系统的范围"


class Forbidden(AppError):
    code, status, title = "forbidden", 403, "您的角色不能执行此操作"


class ContactClosed(Forbidden):
    """The asker's contact is open for the visit only: ``reason`` says which side of it this is."""

    code, title = "contact_closed", "联系方式未开放"


class InsufficientScope(Forbidden):
    """A client system's token does not hold what the operation needs (RFC 6750 §3.1)."""

    code, title = "insufficient_scope", "接入系统的权限范围不含此操作"

    def __init__(self, scope: str = "") -> None:
        super().__init__()
        self.scope = scope

    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{self.scope}"'}


class NotFound(AppError):
    code, status, title = "not_found", 404, "没有找到"


class MethodNotAllowed(AppError):
    code, status, title = "method_not_allowed", 405, "不支持此请求方法"


class Conflict(AppError):
    code, status, title = "conflict", 409, "与当前状态冲突"


class WrongState(Conflict):
    code, title = "wrong_state", "当前状态不能执行此操作"


class LostRace(Conflict):
    code, title = "lost_race", "已被他人抢先"


class Duplicate(Conflict):
    code, title = "duplicate", "记录已存在"


class RequestRunning(Conflict):
    code, title = "request_running", "同一请求正在处理"


class RegistrationRequired(Conflict):
    """Who asks has proved who they are, and is not registered here yet: ``ticket`` lets them, once, within ``expires_in`` s."""

    code, title = "registration_required", "尚未注册"


class Gone(AppError):
    """The person asked to be deleted: a row is left, so that sums hold, and nothing of theirs."""

    code, status, title = "gone", 410, "此人信息已删除，无法恢复"


class StaleVersion(AppError):
    code, status, title = "stale_version", 412, "内容已被他人修改，请刷新后再试"


class TooLarge(AppError):
    code, status, title = "too_large", 413, "请求体过大"


class UnsupportedMedia(AppError):
    code, status, title = "unsupported_media_type", 415, "不支持的内容类型"


class Invalid(AppError):
    """The form is wrong. ``errors`` lists where and why, never the value."""

    code, status, title = "invalid", 422, "提交的内容不符合要求"


class RuleBroken(Invalid):
    code, title = "rule_broken", "不符合业务规则"


class IdempotencyKeyReused(AppError):
    code, status, title = "idempotency_key_reused", 422, "同一 Idempotency-Key 不能用于不同的请求"


class PreconditionRequired(AppError):
    code, status, title = "precondition_required", 428, "缺少 If-Match 请求头"


class TooManyRequests(AppError):
    """Too much of this from here, or about this: ``seconds`` until the next is taken."""

    code, status, title = "too_many_requests", 429, "操作过于频繁，请稍后再试"

    def __init__(self, seconds: int = 1) -> None:
        super().__init__()
        self.seconds = seconds

    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.seconds)}


class Unavailable(AppError):
    code, status, title = "unavailable", 503, "服务暂时不可用，请稍后重试"

    def headers(self) -> dict[str, str]:
        return {"Retry-After": "1"}


class SignInUnavailable(AppError):
    """The way to sign in is not set up, or not as its provider wants it."""

    code, status, title = "sign_in_unavailable", 503, "此登录方式尚未启用"


class TimedOut(AppError):
    code, status, title = "timed_out", 504, "处理超时"


def every_kind(base: type[AppError] = AppError) -> list[type[AppError]]:
    """All kinds of refusal, for the generated page ``openapi/errors.md``."""
    return [base, *(kind for child in base.__subclasses__() for kind in every_kind(child))]
