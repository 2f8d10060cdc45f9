"""One frozen settings class: what may differ between one installation and another.

Every field can be set by an environment variable of the same name in capitals with the prefix
``SANSHUN_``; ``DATABASE_URL`` and ``PORT`` are read without the prefix, as hosting platforms set them.
"""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SANSHUN_", frozen=True, extra="ignore")

    environment: Literal["development", "production"] = "development"
    database_url: str | None = Field(
        default=None, validation_alias=AliasChoices("DATABASE_URL", "SANSHUN_DATABASE_URL", "database_url")
    )
    """postgresql://user:password@host:port/name; none = the embedded PostgreSQL."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535, validation_alias=AliasChoices("PORT", "SANSHUN_PORT", "port"))
    data_dir: Path = ROOT / ".data"
    """Embedded database files and, in development, generated keys."""
    seed_district: int = 150103
    app_role: str = Field(default="sanshun_app", pattern="^[a-z_][a-z0-9_]{0,62}$")
    """The database role requests run as: it owns nothing, so row-level security binds it."""
    pool_size: int = Field(default=8, ge=1, le=100)
    workers: bool = True
    """Run relay, clocks and import jobs inside this process."""
    signing_key: SecretStr | None = None
    """Ed25519 private key, PEM, or several: the first signs. Production must set it, development makes one in data_dir."""
    field_key: SecretStr | None = None
    """32 bytes in base64 for sealed columns and blind indexes, or several as number:cipher:base64; as above."""
    field_cipher: Literal["aes-256-gcm", "sm4-gcm"] = "aes-256-gcm"
    """What field keys made from now on seal with; each key that is there says its own."""
    audit_key: SecretStr | None = None
    """32 bytes in base64 that link the audit trail, or several: the first links, all verify; as above."""
    token_minutes: int = Field(default=15, ge=1, le=60)
    password_profile: Literal["asvs", "mlps3"] = "asvs"  # noqa: S105 - the name of a profile
    """What passwords must be like (app.domain.passwords): length, or classes of characters, rotation and a second factor."""
    forwarded_allow_ips: str = Field(default="127.0.0.1", pattern="^[0-9a-fA-F:./, ]*$")
    """Proxies whose X-Forwarded-For is believed: addresses or networks divided by commas; empty: none."""
    wechat_appid: str | None = Field(default=None, pattern="^[0-9A-Za-z_-]{1,64}$")
    """The mini-program people sign in with; none = not by WeChat."""
    wechat_secret: SecretStr | None = None
    wechat_base_url: str = Field(default="https://api.weixin.qq.com", pattern="^https?://[^/?#@]+/?$")
    wechat_callback_token: SecretStr | None = None
    """The Token of the mini-program's message push, by which a callback address is checked; none = no callback."""
    wechat_callback_key: SecretStr | None = None
    """Its EncodingAESKey, 43 characters: for checks that come encrypted."""
    code_sender: Literal["none", "log", "http"] | None = None
    """How phone codes go out; None: printed on the console in development, not at all in production."""
    code_sender_url: str | None = Field(default=None, pattern="^https?://[^/?#@]+(/[^?#]*)?$")
    """The gateway that codes are posted to."""
    code_sender_secret: SecretStr | None = None
    """What requests to the gateway are signed with, HMAC-SHA256."""
    max_body_bytes: int = 1_048_576
    max_import_bytes: int = 256 * 1_048_576
    request_seconds: float = 30.0
    import_seconds: float = 600.0
    log_json: bool | None = None
    """None: JSON in production, coloured lines in development."""

    @cached_property
    def json_logs(self) -> bool:
        return self.log_json if self.log_json is not None else self.environment == "production"
