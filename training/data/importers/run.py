"""Imports files: finds them, finds the format of each, and adds each to the corpus as a whole or not at all."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from bot.errors import DataError
from bot.media import MediaStore
from bot.store.corpus import Corpus
from training.data.importers.base import FormatFault, Source
from training.data.importers.detect import Detector, NotAnExport, NotRead
from training.data.importers.formats import InstalledFormat, installed_formats
from training.data.importers.media import ExportMedia
from training.data.importers.merge import merge
from training.data.importers.report import ChatReport, FileReport, ImportReport
from training.data.importers.staging import Staged, StagedChat, stage
from training.data.importers.unreadable import Unreadable
from training.data.importers.zones import machine_zone

_WITHOUT_CHAT = -1


@dataclass(frozen=True, slots=True)
class Options:
    """What is said of all files: `zone` and `me` as in Source. progress: gets the number of bytes just read."""

    zone: tzinfo | None = None
    me: str | None = None
    progress: Callable[[int], object] = lambda _: None


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to import. root: the folder that its photos may come from. asked_for: the person named the file itself.

    problem: why nothing can be read here, as a sentence; for a folder that nobody may look into.
    """

    path: Path
    root: Path
    asked_for: bool
    size: int
    problem: str = ""


def find_files(paths: Iterable[Path]) -> list[FoundFile]:
    """Returns the files named and all files in the folders named, each once.

    Raises DataError for a path that is not there, or that cannot be looked at.
    """
    try:
        return _find_files(paths)
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}.") from error


def _find_files(paths: Iterable[Path]) -> list[FoundFile]:
    found: dict[Path, FoundFile] = {}
    for path in paths:
        if path.is_dir():
            refused: list[OSError] = []
            for file in _files_below(path, refused):
                found.setdefault(file.resolve(), FoundFile(file, path, False, file.stat().st_size))
            for error in refused:
                problem = f"The folder {error.filename} cannot be read: {error.strerror}. What it holds was left out."
                found[Path(error.filename)] = FoundFile(Path(error.filename), path, False, 0, problem)
        elif path.is_file():
            found[path.resolve()] = FoundFile(path, path.resolve().parent, True, path.stat().st_size)
        else:
            raise DataError(f"{path} is neither a file nor a folder: give the exported file, or the folder it is in.")
    return list(found.values())


def import_paths(corpus: Corpus, store: MediaStore, files: Iterable[FoundFile], options: Options) -> ImportReport:
    """Imports every file. One that cannot be imported is reported, and so is a format at fault; the others go on.

    Raises ConfigError where Echoes' own formats are not installed.
    """
    report = ImportReport()
    installed = installed_formats()
    detector = Detector(installed)
    not_read: dict[tuple[Unreadable, bool], list[NotRead]] = {}
    for file in files:
        try:
            if file.problem:
                raise DataError(file.problem)
            _import_file(corpus, store, file, detector.detect(file.path), options, report)
        except NotAnExport as error:
            if file.asked_for:
                report.problems.append(printable(error))
            else:
                report.other_files += 1
            options.progress(file.size)
        except NotRead as error:
            not_read.setdefault((error.kind, file.asked_for), []).append(error)
        except DataError as error:
            report.problems.append(printable(error))
    for (kind, asked_for), alike in not_read.items():
        if kind.common and not asked_for:
            attached = [error for error in alike if _lies_below(error.path, report.files)]
            report.other_files += len(attached)
            alike = [error for error in alike if error not in attached]
        if not alike:
            continue
        more = f" (and {len(alike) - 1:,} more files like it)" if len(alike) > 1 else ""
        report.problems.append(printable(alike[0]) + more)
    report.format_problems += [*installed.problems, *detector.faults]
    return report


def _import_file(
    corpus: Corpus,
    store: MediaStore,
    file: FoundFile,
    known: InstalledFormat,
    options: Options,
    report: ImportReport,
) -> None:
    zone = options.zone or machine_zone()
    source = Source(file.path, zone, options.me, options.progress)
    media = ExportMedia(store, file.path.resolve().parent, file.root)
    try:
        staged = stage(corpus.db, known.read(source), media)
        with corpus.transaction() as db:
            name = printable(file.path.name)
            rows = merge(db, staged, name, known.name, zone, zone_said=options.zone is not None)
    except FormatFault as fault:
        raise DataError(f"{file.path}: {known.title} {fault}. Nothing of this file was kept. {known.advice}") from fault
    except DataError as error:
        raise error if str(file.path) in str(error) else DataError(f"{file.path}: {error}") from error
    except sqlite3.OperationalError as error:
        raise _explained(error, file.path) from error
    except OSError as error:
        raise DataError(f"{file.path} could not be imported: {error.strerror or error}.") from error
    _add(report, corpus, file, known.name, staged, rows, options)
    report.photos += len(media.kept)
    report.photos_left_out += media.left_out


def _add(
    report: ImportReport,
    corpus: Corpus,
    file: FoundFile,
    format_name: str,
    staged: Staged,
    rows: dict[str, int],
    options: Options,
) -> None:
    before = report.read, report.kept
    for key, chat in staged.chats.items():
        if not chat.read:
            continue
        row = rows.get(key, _WITHOUT_CHAT - len(report.chats))
        if row not in report.chats:
            report.chats[row] = _described(corpus, row, chat)
        total = report.chats[row]
        total.read += chat.read
        total.kept += chat.kept
        total.skipped += chat.skipped
    report.files.append(
        FileReport(
            printable(file.path),
            format_name,
            report.read - before[0],
            report.kept - before[1],
            (*staged.truncated, *_notes(staged, options)),
        )
    )


def _lies_below(path: Path, files: Iterable[FileReport]) -> bool:
    """Says whether a file lies in a folder below that of an export, as what was attached to its messages does."""
    return any(Path(file.path).parent in path.parent.parents for file in files)


def _notes(staged: Staged, options: Options) -> Iterator[str]:
    if staged.local_times and options.zone is None:
        zone = staged.zone or machine_zone()
        yield (
            f"Its times are written without a zone, and were read as those of {zone}. If that is wrong, import it "
            "again with --timezone: its times are then corrected."
        )
    if staged.corrected:
        yield f"{staged.corrected:,} messages that were imported with another time zone have their right times now."
    if staged.owner_unnamed and options.me is None:
        yield (
            "It calls the account that made it only “me”, without an id or a name. If exports of more than one account "
            "are imported so, they are taken for one: import each account's by themselves, with --me ID."
        )


def printable(text: object) -> str:
    """Returns a text that can be printed and stored, though it may name a file whose name is no text."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def _described(corpus: Corpus, row: int, chat: StagedChat) -> ChatReport:
    """Describes a chat as the corpus has it, or, if none of its messages was kept, as the file has it."""
    found = corpus.db.execute("SELECT platform, native_id, kind, title FROM chats WHERE id = ?", (row,)).fetchone()
    if found is not None:
        return ChatReport(*found)
    about = chat.about
    if about is None:
        return ChatReport("", "", "", "")
    return ChatReport(about.platform, about.native_id, about.kind.value, about.title)


def _explained(error: sqlite3.OperationalError, path: Path) -> DataError:
    text = str(error)
    if "full" in text:
        return DataError(f"{path} was not imported: the disk is full. Nothing of it was kept; make room and try again.")
    if "locked" in text:
        return DataError(f"{path} was not imported: another import is running. Try again when it is done.")
    return DataError(f"{path} was not imported: the corpus cannot be written ({text}).")


def _files_below(folder: Path, refused: list[OSError]) -> Iterator[Path]:
    """Yields regular files in a stable order. It does not follow links.

    refused: gets the errors of folders that cannot be read.
    """
    for parent, folders, names in os.walk(folder, onerror=refused.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if path.is_file() and not path.is_symlink():
                yield path
