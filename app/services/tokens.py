"""The token endpoint: who asks how, and who answers (RFC 6749)."""

from typing import Any

from app.domain.passwords import Policy
from app.schemas.tokens import GrantType, TokenForm
from app.services import clients_token, tokens_password, tokens_refresh
from app.services.attempts import Desk


async def issue(desk: Desk, policy: Policy, form: TokenForm, authorization: str | None = None) -> dict[str, Any]:
    """The fields of a TokenRead. The form has what its grant needs; a client system may prove itself in the header."""
    match form.grant_type:
        case GrantType.PASSWORD:
            return await tokens_password.by_password(
                desk, policy, form.username or "", form.password or "", form.device
            )
        case GrantType.REFRESH_TOKEN:
            return await tokens_refresh.by_refresh_token(desk, policy, form.refresh_token or "")
        case GrantType.CLIENT_CREDENTIALS:
            return await clients_token.token(desk, form, authorization)
