"""The keys the product needs: from the settings in production, made once in the data folder in development.

Of each kind there may be several: the first is used, the others still open or verify what was made with them before.
"""

import base64
import binascii
import contextlib
import fcntl
import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from app.core.crypto import Cipher, MasterKey, supported
from app.core.postgres_files import file_troubles
from app.core.start_errors import SettingsWrong
from app.settings import Settings

_PEM = re.compile(rb"-----BEGIN [^-]+-----.+?-----END [^-]+-----\n?", re.DOTALL)
_AUDIT_KEY_BYTES = 32
_MOST_KEYS = 127
"""Numbers an envelope can name."""


def signing_keys(settings: Settings) -> list[bytes]:
    """The Ed25519 private keys of access tokens, each as PEM; the first signs. Raises SettingsWrong."""
    written = _key(settings, "signing_key", settings.signing_key, _new_signing_key)
    return _PEM.findall(written) or [written]


def new_signing_key(settings: Settings) -> str | None:
    """Make a signing key. In development it becomes the first of the ring, and the earlier ones still verify; where the ring is
    given, the key as PEM, for whoever gives it to put first. Raises SettingsWrong.
    """
    made = _new_signing_key()
    if settings.signing_key is not None or settings.environment == "production":
        return made.decode()
    signing_keys(settings)
    path = settings.data_dir / "signing_key"
    with file_troubles(path.parent), _folder_locked(path.parent) as folder:
        _replace(path, made + path.read_bytes(), folder)
    return None


def field_keys(settings: Settings) -> list[MasterKey]:
    """The master keys that sealed columns and blind indexes hang on; the first seals. Raises SettingsWrong."""
    cipher = Cipher(settings.field_cipher)
    written = _key(settings, "field_key", settings.field_key, lambda: _entry(1, cipher).encode())
    keys = _read(written)
    if unknown := [key.cipher.value for key in keys if not supported(key.cipher)]:
        raise SettingsWrong(f"SANSHUN_FIELD_KEY names {unknown[0]}, which the OpenSSL of this machine does not have.")
    return keys


def audit_keys(settings: Settings) -> list[bytes]:
    """What the audit trail is linked with: the first links, all verify. Apart from the field keys, since those are changed and
    dropped while the trail must still be verified. Raises SettingsWrong.
    """
    written = _key(settings, "audit_key", settings.audit_key, _new_audit_key)
    with contextlib.suppress(binascii.Error, ValueError):
        keys = [base64.b64decode(entry, validate=True) for entry in _entries(written)]
        if all(len(key) == _AUDIT_KEY_BYTES for key in keys) and len(set(keys)) == len(keys):
            return keys
    raise SettingsWrong(
        "SANSHUN_AUDIT_KEY must be 32 bytes in base64, as 'openssl rand -base64 32' prints them, "
        "or several of them, divided by commas."
    )


def _new_audit_key() -> bytes:
    return base64.b64encode(secrets.token_bytes(_AUDIT_KEY_BYTES))


def _read(written: bytes) -> list[MasterKey]:
    with contextlib.suppress(binascii.Error, ValueError):
        keys = [_master_key(entry) for entry in _entries(written)]
        if keys and len({key.number for key in keys}) == len(keys):
            return keys
    raise SettingsWrong(
        "SANSHUN_FIELD_KEY must be 32 bytes in base64, as 'openssl rand -base64 32' prints them, "
        "or several entries number:cipher:base64 with different numbers, divided by commas."
    )


def _entries(written: bytes) -> list[str]:
    return [entry.strip() for entry in written.decode("ascii").split(",")]


def _master_key(entry: str) -> MasterKey:
    """One entry: ``number:cipher:base64``, or base64 alone for number 1 and AES-256-GCM."""
    *head, key = entry.split(":")
    if len(head) not in {0, 2}:
        raise ValueError("an entry has three parts")
    number, cipher = (int(head[0]), Cipher(head[1])) if head else (1, Cipher.AES)
    return MasterKey(base64.b64decode(key, validate=True), number, cipher)


def _entry(number: int, cipher: Cipher) -> str:
    """A new key, as an entry of the ring."""
    return f"{number}:{cipher.value}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def kept_in_a_file(settings: Settings) -> bool:
    """Whether the ring is ours to write: of keys that are given, whoever gives them keeps the ring."""
    return settings.field_key is None and settings.environment == "development"


def new_field_key(settings: Settings, cipher: Cipher) -> str:
    """Make a field key. In development it becomes the first of the ring; given rings stay, and the entry is for whoever gives
    them. Raises SettingsWrong.
    """
    if not supported(cipher):
        raise SettingsWrong(f"The OpenSSL of this machine does not have {cipher.value}.")
    if not kept_in_a_file(settings):
        return _entry(_free_number(field_keys(settings)), cipher)
    with _ring_file(settings) as (entries, write):
        entry = _entry(_free_number(_read(",".join(entries).encode())), cipher)
        write([entry, *entries])
    return entry


def drop_field_key(settings: Settings, number: int) -> None:
    """Take a key out of development's ring; the one that seals stays. Raises SettingsWrong."""
    with _ring_file(settings) as (entries, write):
        keys = _read(",".join(entries).encode())
        if number == keys[0].number:
            raise SettingsWrong(f"Key {number} is the one that seals: make another first, with 'sanshun keys new'.")
        write([entry for entry, key in zip(entries, keys, strict=True) if key.number != number])


def _free_number(keys: list[MasterKey]) -> int:
    """One above the highest, so that no number comes back as long as there are others."""
    numbers = {key.number for key in keys}
    above = list(range(max(numbers) + 1, _MOST_KEYS + 1))
    free = above or [number for number in range(1, _MOST_KEYS + 1) if number not in numbers]
    return free[0]


@contextlib.contextmanager
def _ring_file(settings: Settings) -> Iterator[tuple[list[str], Callable[[list[str]], None]]]:
    """The entries of development's ring, and how to replace them; one process at a time."""
    field_keys(settings)
    path = settings.data_dir / "field_key"
    with file_troubles(path.parent), _folder_locked(path.parent) as folder:
        yield _entries(path.read_bytes()), lambda entries: _replace(path, ",".join(entries).encode(), folder)


@contextlib.contextmanager
def _folder_locked(path: Path) -> Iterator[int]:
    """A handle of the folder, while no other process writes its keys."""
    folder = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(folder)


def _replace(path: Path, content: bytes, folder: int) -> None:
    """The file has the old content or the new, whenever the power fails: a lost key is lost data."""
    draft = _draft(path, content)
    draft.replace(path)
    os.fsync(folder)


def _draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft


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
            draft = _draft(path, make())
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        return path.read_bytes()


def _new_signing_key() -> bytes:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
