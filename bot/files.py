"""Reading the workspace's files. A missing file, one that cannot be read just now and a damaged one are three things.

Only the last is for a person to mend: what the machine refuses (no more open files, a disk that fails) may pass.
"""

import errno
import os
import sqlite3
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ConfigError, PassingError

_ADVICE = {
    errno.ENOSPC: "make room on that disk",
    errno.EDQUOT: "make room: this user's share of that disk is used up",
    errno.EFBIG: "it would be larger than this user's files may be (ulimit -f)",
    errno.EROFS: "that disk can only be read from",
    errno.EACCES: "run as the user it belongs to, or give it to this one",
    errno.EPERM: "run as the user it belongs to, or give it to this one",
    errno.EMFILE: "close some connections, or raise this user's limit (ulimit -n)",
    errno.ENFILE: "too many files are open on this machine",
}
_DATABASE_ADVICE = {
    sqlite3.SQLITE_FULL: "make room on that disk",
    sqlite3.SQLITE_IOERR: "make room on that disk, or check it",
    sqlite3.SQLITE_CANTOPEN: "it must belong to this user, on a disk with room",
    sqlite3.SQLITE_READONLY: "it must belong to this user, on a disk that can be written to",
    sqlite3.SQLITE_BUSY: "another `echoes` command is using it: wait for that",
}
"""By SQLite's primary result code: what a database is refused by the machine, and not by its content."""


def refusal(error: BaseException, where: Path | str = "A file") -> str | None:
    """Says what the machine refused, on what file, and what to do; None where the machine is not at fault.

    where: what was to be read or written, if the error does not name it.
    """
    if isinstance(error, OSError):
        named = isinstance(error.filename, str | os.PathLike)
        if not named and error.errno not in _ADVICE:
            return None
        advice = _ADVICE.get(error.errno or 0, "check that disk")
        return f"{error.filename if named else where} cannot be used ({error.strerror}): {advice}."
    if isinstance(error, sqlite3.Error) and (advice := _DATABASE_ADVICE.get(_code(error), "")):
        return f"{where} cannot be used ({error}): {advice}."
    return None


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; 0 where the error is not SQLite's own."""
    try:
        return error.sqlite_errorcode & 0xFF
    except AttributeError:
        return 0


def read_text(path: Path) -> str:
    """Reads UTF-8. Raises FileNotFoundError, UnicodeDecodeError, or PassingError where it cannot be read now."""
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise PassingError(f"{path} cannot be read just now ({error.strerror}).") from error


def read_utf8(path: Path) -> str:
    """Raises FileNotFoundError, ConfigError where it is not UTF-8, and PassingError as `read_text` does."""
    try:
        return read_text(path)
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8: save it as UTF-8.") from None


def read_yaml(path: Path, loader: type[yaml.SafeLoader] | type[yaml.BaseLoader] = yaml.SafeLoader) -> Any:
    """What a file holds. Raises as `read_utf8` does, and ConfigError with the line where it is no YAML."""
    try:
        return yaml.load(read_utf8(path), Loader=loader)
    except yaml.YAMLError as error:
        raise ConfigError(yaml_mistake(str(path), error)) from None


def yaml_mistake(name: str, error: yaml.YAMLError) -> str:
    """What is wrong with a file that is not YAML, and on which line. The error's own text quotes the file."""
    if isinstance(error, yaml.MarkedYAMLError):
        return f"{name}:{_line(error)}: not valid YAML: {_mistake(error)}."
    return f"{name}:1: not valid YAML: it holds characters YAML does not allow."


def _line(error: yaml.MarkedYAMLError) -> int:
    """Where a person has to look: for what was never closed, where it begins."""
    unclosed = error.problem == "found unexpected end of stream"
    mark = (error.context_mark if unclosed else None) or error.problem_mark
    return mark.line + 1 if mark else 1


def _mistake(error: yaml.MarkedYAMLError) -> str:
    """In words that quote nothing of the file but what is one sign long."""
    if error.problem == "mapping values are not allowed here":
        return "a text with a colon in it must stand in quotes, as in 'one thing: patience'"
    if error.problem == "found unexpected end of stream":
        return "the quotes that open here are never closed"
    if isinstance(error, yaml.composer.ComposerError | yaml.constructor.ConstructorError):
        return "a text that begins with *, & or ! must stand in quotes"
    return f"{error.problem}; a text that begins with a sign, or goes on after its quotes, must stand in quotes whole"
