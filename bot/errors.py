"""Errors that end as one sentence for the person at the terminal."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of the command. systemd does not restart those from 64 on (see systemd/)."""

    OK = 0
    FAILED = 1
    USAGE = 64  # EX_USAGE: the command line is wrong
    DATA = 65  # EX_DATAERR: a file given by the person cannot be used
    CONSENT = 77  # EX_NOPERM: nobody agreed to this
    CONFIG = 78  # EX_CONFIG: configuration, token or model must be mended by a person first


class EchoesError(Exception):
    """What is wrong, where, and what to do, in one sentence."""

    code = ExitCode.FAILED


class UsageError(EchoesError):
    code = ExitCode.USAGE


class DataError(EchoesError):
    code = ExitCode.DATA


class ConsentError(EchoesError):
    code = ExitCode.CONSENT


class ConfigError(EchoesError):
    """Holds every mistake found, one a line."""

    code = ExitCode.CONFIG

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class PermanentError(EchoesError):
    """A platform or engine that will not come right by waiting: a bad token, a missing intent, a wrong LoRA."""

    code = ExitCode.CONFIG


class RefusedError(PermanentError):
    """A request that the model's server understood, and will not answer.

    `for_its_content`: others may well be answered; else none will until a person mends something.
    `missing`: the server does not know what was asked for, such as the model's name.
    """

    def __init__(self, message: str, *, for_its_content: bool = False, missing: bool = False) -> None:
        super().__init__(message)
        self.for_its_content = for_its_content
        self.missing = missing


class PassingError(EchoesError):
    """What may come right by waiting: a platform, an engine, a disk.

    `retry_after` in seconds, if the far side said so.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UndeliverableError(EchoesError):
    """A chat that cannot be written to (the bot was blocked or removed); the rest of the platform still works."""
