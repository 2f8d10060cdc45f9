"""The two keys the product needs: from the settings in production, made once in the data folder in development."""

import base64
import binascii
import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from app.core.postgres_files import file_troubles
from app.core.start_errors import SettingsWrong
from app.settings import Settings


def signing_key(settings: Settings) -> bytes:
    """The Ed25519 private key access tokens are signed with, as PEM. Raises SettingsWrong."""
    return _key(settings, "signing_key", settings.signing_key, _new_signing_key)


def field_key(settings: Settings) -> bytes:
    """The 32 bytes that sealed columns and blind indexes hang on. Raises SettingsWrong."""
    written = _key(settings, "field_key", settings.field_key, _new_field_key)
    with contextlib.suppress(binascii.Error, ValueError):
        key = base64.b64decode(written.strip(), validate=True)
        if len(key) == 32:
            return key
    raise SettingsWrong("SANSHUN_FIELD_KEY must be 32 bytes in base64, as 'openssl rand -base64 32' prints them.")


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
