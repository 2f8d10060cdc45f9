"""Access tokens (JWT, EdDSA, RFC 8037)."""

import hashlib
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from app.core.clock import now
from app.core.errors import Unauthenticated

_ISSUER = "sanshun"
_AUDIENCE = "sanshun-api"
_CACHE = 10_000


@dataclass(frozen=True, slots=True)
class Identity:
    """What a valid token says: who, in which district, by which sign-in. What they may do is read per request.

    Of a client system person and account are its own id, and the sign-in is the secret it signed in with; ``scopes`` are
    those it asked for, None: all it has.
    """

    district_id: int
    person_id: UUID
    account_id: UUID
    sign_in_id: UUID
    expires_at: float
    client: bool = False
    scopes: frozenset[str] | None = None


class Tokens:
    """Issues access tokens with the first of its Ed25519 keys and checks them with any; a key's id is the start of its hash."""

    def __init__(self, private_pems: Sequence[bytes], lifetime: timedelta) -> None:
        keys = [_private_key(pem) for pem in private_pems]
        self._public = {_key_id(key.public_key()): key.public_key() for key in keys}
        self._private, self.key_id = keys[0], _key_id(keys[0].public_key())
        self.lifetime = lifetime
        self._seen: OrderedDict[str, Identity] = OrderedDict()

    def issue(
        self,
        district_id: int,
        person_id: UUID,
        account_id: UUID,
        sign_in_id: UUID,
        *,
        client: bool = False,
        scopes: Collection[str] | None = None,
    ) -> str:
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": str(person_id),
            "acc": str(account_id),
            "sid": str(sign_in_id),
            "dis": district_id,
            "iat": now(),
            "exp": now() + self.lifetime,
        }
        claims |= {"cli": True} if client else {}
        claims |= {"scope": " ".join(sorted(scopes))} if scopes is not None else {}
        return jwt.encode(claims, self._private, algorithm="EdDSA", headers={"kid": self.key_id})

    def check(self, token: str) -> Identity:
        """The identity in a valid token. A verified token is remembered until it expires: the signature costs 80 µs."""
        known = self._seen.get(token)
        if known is None:
            known = self._verify(token)
            self._seen[token] = known
            if len(self._seen) > _CACHE:
                self._seen.popitem(last=False)
        if known.expires_at <= now().timestamp():
            self._seen.pop(token, None)
            raise Unauthenticated("登录已过期，请重新登录")
        return known

    def _verify(self, token: str) -> Identity:
        try:
            claims = jwt.decode(
                token,
                self._public[jwt.get_unverified_header(token)["kid"]],
                algorithms=["EdDSA"],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                options={"require": ["exp", "iat", "sub", "dis", "acc", "sid"]},
            )
            person, account, sign_in = (UUID(claims[name]) for name in ("sub", "acc", "sid"))
            client, district = claims.get("cli") is True, _district(claims["dis"])
            scopes = frozenset(claims["scope"].split()) if "scope" in claims else None
            return Identity(district, person, account, sign_in, float(claims["exp"]), client, scopes)
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError) as bad:
            raise Unauthenticated("登录凭证无效或已过期") from bad


def _district(claim: object) -> int:
    """A number that a district could have; the database knows no other."""
    if isinstance(claim, int) and 0 < claim < 2**31:
        return claim
    raise ValueError(claim)


def _private_key(pem: bytes) -> Ed25519PrivateKey:
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("the signing key must be an Ed25519 private key")
    return key


def _key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]
