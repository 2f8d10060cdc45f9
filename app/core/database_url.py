"""One database URL, written the ways its readers want it."""

from urllib.parse import urlsplit


def plain(url: str) -> str:
    """As the driver reads it, ``postgresql://…``, whatever prefix SQLAlchemy or a platform gave it."""
    _, _, rest = url.partition("://")
    return f"postgresql://{rest}"


def place(url: str) -> str:
    """Host, port and database, fit to be shown: no user, no password."""
    try:
        parts = urlsplit(plain(url))
        host, port = parts.hostname or "localhost", parts.port or 5432
    except ValueError:
        return "the given address"
    return f"{host}:{port}{parts.path}"
