"""Why the product cannot start: one sentence each, for the person at the terminal."""


class StartError(Exception):
    """Base. The message is one sentence: what is wrong and what to do. The command line prints it as is."""


class StartFailed(StartError):
    """PostgreSQL ended before it was ready. ``log`` holds its last lines."""

    def __init__(self, sentence: str, log: str = "") -> None:
        super().__init__(sentence)
        self.log = log


class NoSpace(StartError):
    """The disk that holds the data is full."""


class Unwritable(StartError):
    """The data folder cannot be made or written by this user."""


class PortTaken(StartError):
    """Another program listens where we are asked to serve."""


class Unreachable(StartError):
    """Nothing answers at DATABASE_URL, or it refuses us."""


class ServerUnfit(StartError):
    """The database server answers, but cannot carry the product: too old, or blind to Chinese text."""


class SchemaOutdated(StartError):
    """The database's schema is not the one this code was written for."""


class MigrationFailed(StartError):
    """The schema could not be brought up to date."""


class SettingsWrong(StartError):
    """An environment variable holds a value that cannot be used."""


class KeyMissing(StartError):
    """Something sealed does not open with the field keys given, or a key is still needed."""
