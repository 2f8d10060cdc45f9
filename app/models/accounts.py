"""Ways to sign in and what comes of them: accounts, sign-ins, refresh tokens, challenges, WeChat identities, client systems."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.domain.accounts import ChallengeKind, SignInEnd, SignInMethod
from app.models.base import PATH, Base, Tenant, Versioned, key_to, text_enum


class Account(Tenant, Versioned, Base):
    """A person's way to sign in. ``login`` with a password is for staff; others come by WeChat or phone."""

    __tablename__ = "accounts"

    person_id: Mapped[UUID]
    login: Mapped[str | None]
    password_hash: Mapped[str | None]
    former_hashes: Mapped[list[str]] = mapped_column(default=list)
    """Of earlier passwords, the newest first: the mlps3 profile refuses to take one again."""
    password_set_at: Mapped[datetime | None]
    password_temporary: Mapped[bool] = mapped_column(default=False)
    """Set by an administrator: good for one sign-in, which must choose another."""
    password_reset_by: Mapped[UUID | None]
    """The administrator who knows the temporary password, while there is one."""
    totp_sealed: Mapped[bytes | None]
    totp_confirmed_at: Mapped[datetime | None]
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    """The last time step that was used: a code is good once."""
    second_factor_reset_by: Mapped[UUID | None]
    """The administrator who took the authenticator away, until another is bound."""
    demo: Mapped[bool] = mapped_column(default=False)
    disabled_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("people", "person_id"),
        UniqueConstraint("district_id", "login"),
        CheckConstraint("(login IS NULL) = (password_hash IS NULL)", name="login"),
        CheckConstraint("totp_confirmed_at IS NULL OR totp_sealed IS NOT NULL", name="totp"),
        Index("ix_accounts_person", "district_id", "person_id", "id"),
    )


class RecoveryCode(Tenant, Base):
    """One of ten codes that stand in for a lost authenticator, each once; kept as SHA-256: it is random (80 bits)."""

    __tablename__ = "recovery_codes"

    account_id: Mapped[UUID]
    digest: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("accounts", "account_id"),
        UniqueConstraint("district_id", "account_id", "digest"),
    )


class SignIn(Tenant, Base):
    """From signing in to signing out, on one device. Access tokens name it, so that ending it ends them."""

    __tablename__ = "sign_ins"

    account_id: Mapped[UUID]
    method: Mapped[SignInMethod] = mapped_column(text_enum(SignInMethod, "method"))
    second_factor: Mapped[bool] = mapped_column(default=False)
    """An authenticator was proved as well: some policies let nobody act as staff without."""
    address: Mapped[str | None]
    """Where from: the network address."""
    device: Mapped[str | None]
    """What the client calls itself."""
    started_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    """Refreshing does not go beyond this."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[SignInEnd | None] = mapped_column(text_enum(SignInEnd, "ended_by"))

    __table_args__ = (
        key_to("accounts", "account_id"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
        Index("ix_sign_ins_account", "district_id", "account_id", "id"),
    )


class RefreshToken(Tenant, Base):
    """One link of a sign-in's chain of refresh tokens; only its SHA-256 is kept. Each is good once."""

    __tablename__ = "refresh_tokens"

    sign_in_id: Mapped[UUID]
    digest: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("sign_ins", "sign_in_id", on_delete="CASCADE"),
        UniqueConstraint("district_id", "digest"),
        Index("ix_refresh_tokens_sign_in", "district_id", "sign_in_id"),
        Index("ix_refresh_tokens_expires_at", "district_id", "expires_at"),
    )


class Challenge(Tenant, Base):
    """A proof that is still owed, for some minutes and some attempts. What it is about is sealed."""

    __tablename__ = "challenges"

    kind: Mapped[ChallengeKind] = mapped_column(text_enum(ChallengeKind, "kind"))
    account_id: Mapped[UUID | None]
    payload_sealed: Mapped[bytes | None]
    digest: Mapped[bytes | None]
    """Keyed hash of the code that was sent, and the number it was sent to."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("accounts", "account_id"),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("ix_challenges_expires_at", "district_id", "expires_at"),
        Index("ix_challenges_account", "district_id", "account_id", postgresql_where=text("account_id IS NOT NULL")),
    )


class WechatIdentity(Tenant, Base):
    """A WeChat user of one mini-program: (appid, openid). The session key never leaves the server."""

    __tablename__ = "wechat_identities"

    account_id: Mapped[UUID]
    appid: Mapped[str]
    openid_sealed: Mapped[bytes]
    openid_index: Mapped[bytes]
    """Blind index of ``appid/openid``."""
    session_key_sealed: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        key_to("accounts", "account_id"),
        UniqueConstraint("district_id", "openid_index"),
        Index("ix_wechat_identities_account", "district_id", "account_id"),
    )


class Client(Tenant, Versioned, Base):
    """A third party's system: signs in with a secret and may do what its scopes say, at its place."""

    __tablename__ = "clients"

    name: Mapped[str]
    organization_id: Mapped[UUID | None]
    place_id: Mapped[UUID]
    path: Mapped[str] = mapped_column(PATH)
    place_kind: Mapped[str]
    scopes: Mapped[list[str]]
    disabled_at: Mapped[datetime | None]
    created_by: Mapped[UUID]

    __table_args__ = (
        key_to("places", "place_id"),
        key_to("organizations", "organization_id"),
        key_to("people", "created_by"),
        UniqueConstraint("district_id", "name"),
        CheckConstraint("cardinality(scopes) > 0", name="scopes"),
    )


class ClientSecret(Tenant, Base):
    """A client's secret, kept as SHA-256: it is random, so nothing slower is needed. Two may be in force while one is changed."""

    __tablename__ = "client_secrets"

    client_id: Mapped[UUID]
    digest: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        key_to("clients", "client_id"),
        UniqueConstraint("district_id", "digest"),
        CheckConstraint("expires_at > created_at", name="span"),
        Index("ix_client_secrets_client", "district_id", "client_id", "id"),
    )


class RateLimit(Base):
    """One bucket of the generic cell rate algorithm: ``full_at`` is its theoretical arrival time. Not kept over a crash."""

    __tablename__ = "rate_limits"

    district_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bucket: Mapped[bytes] = mapped_column(primary_key=True)
    """Keyed hash of what is limited: nothing personal."""
    full_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_rate_limits_full_at", "district_id", "full_at"),
        {"prefixes": ["UNLOGGED"]},
    )
