"""Mistakes that a user can mend, told as sentences and never as a traceback."""


class UserError(Exception):
    """What was found, where, what was expected, and what to do.

    Attributes:
        message: the whole text for the reader, one or more lines.
        exit_code: what the command line returns (2: the command line or the config is wrong).
    """

    exit_code = 2

    def __init__(self, message: str):
        super().__init__(message)
        self.message = message


class ConfigError(UserError):
    """The config file cannot be used: names the file, the key and what was expected there."""


class ExportsError(UserError):
    """A source's exports cannot be found or opened at all (a path that matches nothing, a changed mapping, ...)."""


class UnreachableError(ExportsError):
    """The place where a source's exports lie did not answer as it should; later it may. All else is for a person."""


class HomeError(UserError):
    """A file of the home cannot be read, or none can be written: names it, and says what to do."""

    exit_code = 1


class BuildError(UserError):
    """A step stopped, and only its engine (dbt, DuckDB) says why, perhaps for a damaged file: its words are told."""

    exit_code = 1


class ErasureError(UserError):
    """An erasure could not be completed now. It stays planned, and the next `forget` or run tries again."""

    exit_code = 1
