"""Finds the installed export formats: Echoes' own, and those that other packages bring, all by entry points."""

import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from bot.errors import ConfigError, DataError
from training.data.importers.base import Claim, Event, Format, FormatFault, Head, Sentence, Source

GROUP = "echoes.formats"
OWN_PACKAGE = "echoes-avatar"

_HERE = Path(__file__).parent
_LONGEST_NAME = 60
_AGAIN = "Install Echoes again, in the folder of its source: pip install -e ."


@dataclass(frozen=True, slots=True)
class InstalledFormat:
    """A format and its package. It turns whatever the format does wrong into FormatFault."""

    format: Format
    package: str

    @property
    def name(self) -> str:
        return self.format.name

    @property
    def own(self) -> bool:
        """Says whether it is one of Echoes' own."""
        return self.package == OWN_PACKAGE

    @property
    def title(self) -> str:
        """Its name, with its package if that is not Echoes itself."""
        return f"the format “{self.name}”" + ("" if self.own else f" of the package {self.package}")

    @property
    def advice(self) -> str:
        """Says what to do when it is at fault."""
        if self.own:
            return "This is a mistake in Echoes: please report it."
        return f"Tell the author of {self.package}, or remove it (pip uninstall {self.package})."

    def sniff(self, head: Head) -> Claim:
        """Asks the format whether this is the beginning of one of its files. Raises FormatFault."""
        try:
            claim = self.format.sniff(head)
        except (Exception, SystemExit) as error:
            raise FormatFault(f"failed at looking at {head.path} ({where_raised(error)})") from error
        if not isinstance(claim, Claim):
            raise FormatFault(f"answered with no Claim when it looked at {head.path}")
        return claim

    def read(self, source: Source) -> Iterator[Event]:
        """Yields the file's events.

        Raises FormatFault, and DataError and OSError, which are about the file, as they come.
        """
        try:
            yield from self.format.read(source)
        except (DataError, OSError):
            raise
        except (Exception, SystemExit) as error:
            raise FormatFault(f"failed at reading it ({where_raised(error)})") from error


@dataclass(frozen=True, slots=True)
class InstalledFormats:
    """The formats that can be used, Echoes' own first. problems: a sentence for each that cannot."""

    formats: tuple[InstalledFormat, ...]
    problems: tuple[str, ...]


def installed_formats() -> InstalledFormats:
    """Finds and loads the formats. A package's format that cannot be used does not keep the others from being used.

    Raises ConfigError if Echoes' own cannot be used, because the installation is older than the source.
    """
    formats: list[InstalledFormat] = []
    problems: list[str] = []
    found = [(_package(entry), entry) for entry in entry_points(group=GROUP)]
    for package, entry in sorted(found, key=lambda one: (one[0] != OWN_PACKAGE, one[0].casefold(), one[1].name)):
        try:
            loaded = _load(entry)
            namesake = next((one for one in formats if one.name.casefold() == loaded.name.casefold()), None)
            if namesake is not None:
                raise FormatFault(f"it takes the name of {namesake.title}")
        except FormatFault as fault:
            if package == OWN_PACKAGE:
                raise ConfigError(
                    f"Echoes' own export format {entry.name} cannot be used: {fault}. {_AGAIN}"
                ) from fault
            problems.append(
                f"The package {package} brings an export format ({entry.name}) that cannot be used: {fault}. Tell the "
                f"package's author, or remove it (pip uninstall {package})."
            )
        else:
            formats.append(InstalledFormat(loaded, package))
    if not any(one.own for one in formats):
        raise ConfigError(f"Echoes does not find its own export formats: it was installed before it had them. {_AGAIN}")
    return InstalledFormats(tuple(formats), tuple(problems))


def _package(entry: EntryPoint) -> str:
    """Returns the name of an entry point's package, as package indexes write it."""
    name = entry.dist.name if entry.dist else None
    return re.sub(r"[-_.]+", "-", name).lower() if name else entry.value


def _load(entry: EntryPoint) -> Format:
    try:
        loaded = entry.load()
    except (Exception, SystemExit) as error:
        raise FormatFault(f"importing {entry.value} failed ({where_raised(error)})") from error
    if not isinstance(loaded, Format):
        raise FormatFault(f"{entry.value} is not a Format")
    name, how = loaded.name, loaded.how_to_get_it
    if not (isinstance(name, str) and name.strip() and name.isprintable() and len(name) <= _LONGEST_NAME):
        raise FormatFault(f"its name is not a text on one line of at most {_LONGEST_NAME} characters")
    if not (callable(loaded.sniff) and callable(loaded.read)):
        raise FormatFault("its `sniff` and `read` are not both functions")
    if not (isinstance(how, Sentence) and all(isinstance(one, str) and one.strip() for one in how)):
        raise FormatFault("its `how_to_get_it` is not a Sentence in English and in Chinese")
    return loaded


def where_raised(error: BaseException) -> str:
    """Names an error's type and its place in the format's code.

    Its text is left out: it may quote what people wrote.
    """
    kind = type(error).__name__
    if isinstance(error, ImportError):  # quotes nothing but a module's name
        kind = f"{kind}: {error}"
    if isinstance(error, SyntaxError):
        return f"{kind} in {Path(error.filename or '?').name}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    outside = [frame for frame in frames if Path(frame.filename).parent != _HERE]
    frame = next((one for one in reversed(outside or frames) if not one.filename.startswith("<frozen")), None)
    return kind if frame is None else f"{kind} in {Path(frame.filename).name}, line {frame.lineno}"
