"""The keys the product needs: from the settings in production, made once in the data folder in development.

Of each kind there may be several: the first is used, the others still open or verify what was made with them before.
"""

import base64
import binascii
import contextlib
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from app.core.crypto import Cipher, MasterKey
from app.core.postgres_files import file_troubles
from app.core.start_errors import SettingsWrong
from app.settings import Settings

_PEM = re.compile(rb"-----BEGIN [^-]+-----.+?-----END [^-]+-----\n?", re.DOTALL)


def signing_keys(settings: Settings) -> list[bytes]:
    """The Ed25519 private keys of access tokens, each as PEM; the first signs. Raises SettingsWrong."""
    written = _key(settings, "signing_key", settings.signing_key, _new_signing_key)
    return _PEM.findall(written) or [written]


def field_keys(settings: Settings) -> list[MasterKey]:
    """The master keys that sealed columns and blind indexes hang on; the first seals. Raises SettingsWrong."""
    written = _key(settings, "field_key", settings.field_key, _new_field_key)
    with contextlib.suppress(binascii.Error, ValueError):
        return [_master_key(entry) for entry in written.decode("ascii").split(",")]
    raise SettingsWrong(
        "SANSHUN_FIELD_KEY must be 32 bytes in base64, as 'openssl rand -base64 32' prints them, "
        "or several entries number:cipher:base64, divided by commas."
    )


def _master_key(entry: str) -> MasterKey:
    """One entry: ``number:cipher:base64``, or base64 alone for number 1 and AES-256-GCM."""
    *head, key = entry.strip().split(":")
    number, cipher = (int(head[0]), Cipher(head[1])) if head else (1, Cipher.AES)
    return MasterKey(base64.b64decode(key, validate=True), number, cipher)


def _key(settings: Settings, name: str, given: SecretStr | None, make: Callable[[], bytes]) -> bytes:
    if given is not None:
        return given.get_secret_value().encode()
    if settings.environment == "production":
        raise SettingsWrong(f"SANSHUN_{name.upper()} must be set in production.")
    return _kept(settings.data_dir / name, make)


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """What the file holds. Of several processes that make it at once, one wins and all read the same."""
    with file_troubles(path.parent):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        return path.read_bytes()


def _new_signing_key() -> bytes:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _new_field_key() -> bytes:
    return base64.b64encode(secrets.token_bytes(32))
