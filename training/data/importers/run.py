"""Imports files: finds them, finds the format of each, and adds each to the corpus as a whole or not at all.

A zip is unpacked and read as the folder that it is.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path

from bot.errors import DataError
from bot.media import MediaStore
from bot.message import Account
from bot.store.corpus import Corpus
from bot.writing import WritingKind
from training.data.importers.addressbook import AddressBook, with_names
from training.data.importers.archives import is_zip, sweep, unpacked
from training.data.importers.base import FormatFault, Source
from training.data.importers.detect import Detector, NotAnExport, NotRead
from training.data.importers.formats import OWN_PACKAGE, InstalledFormat, installed_formats
from training.data.importers.media import ExportMedia
from training.data.importers.merge import merge
from training.data.importers.notes import notes_of
from training.data.importers.report import ChatReport, FileReport, ImportReport
from training.data.importers.shelving import Tally, shelve
from training.data.importers.staging import Staged, StagedChat, stage
from training.data.importers.unreadable import Unreadable
from training.data.importers.writings.plain import ENDINGS, said_to_be
from training.data.importers.written import NobodySaid, Own
from training.data.importers.zones import machine_zone

_WITHOUT_CHAT = -1


@dataclass(frozen=True, slots=True)
class Options:
    """What is said of all files: `zone` and `me` as in Source. progress: gets the number of bytes just read.

    names: tells the names of people whom an export knows by number or mail address alone. subject: the person's
    accounts, whose writings are kept. said_to_be: what the files are, where they do not tell it themselves; to: whom
    these went to.
    """

    zone: tzinfo | None = None
    me: str | None = None
    progress: Callable[[int], object] = lambda _: None
    names: AddressBook | None = None
    subject: tuple[Account, ...] = ()
    said_to_be: WritingKind | None = None
    to: str = ""

    @property
    def own(self) -> Own:
        return Own(self.subject, self.me)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to import. root: the folder that its photos may come from. asked_for: the person named the file itself.

    zip: the archive that it was unpacked from. problem: why nothing can be read here, as a sentence; for a folder that
    nobody may look into.
    """

    path: Path
    root: Path
    asked_for: bool
    size: int
    zip: Path | None = None
    problem: str = ""

    @property
    def to_unpack(self) -> bool:
        """Says whether it is a zip. In a folder the name must say so, too: office documents are zips as well."""
        return (self.asked_for or self.path.suffix.lower() == ".zip") and is_zip(self.path)

    def told(self, sentence: str) -> str:
        """Returns the sentence with the file's name as the person knows it: that of the zip, and the name in it."""
        return sentence if self.zip is None else sentence.replace(str(self.root), str(self.zip))


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
                found[Path(error.filename)] = FoundFile(Path(error.filename), path, False, 0, problem=problem)
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
    workspace = corpus.path.parent
    sweep(workspace)
    unread: _Unread = {}
    for file in files:
        if not file.to_unpack:
            _import_or_report(corpus, store, file, detector, options, report, unread)
            continue
        try:
            with unpacked(file.path, workspace) as folder:
                _import_folder(corpus, store, file, folder, detector, options, report, unread)
        except DataError as error:
            report.problems.append(printable(error))
        options.progress(file.size)
    _tell_once(unread, report)
    report.format_problems += [*installed.problems, *detector.faults]
    return report


def _import_folder(
    corpus: Corpus,
    store: MediaStore,
    archive: FoundFile,
    folder: Path,
    detector: Detector,
    options: Options,
    report: ImportReport,
    unread: "_Unread",
) -> None:
    """Imports what a zip held. One that a person named, and that holds no export, is a problem."""
    before = len(report.files), len(report.problems)
    for file in find_files([folder]):
        inside = replace(file, zip=archive.path)
        _import_or_report(corpus, store, inside, detector, replace(options, progress=lambda _: None), report, unread)
    if archive.asked_for and (len(report.files), len(report.problems)) == before:
        report.problems.append(f"{archive.path} holds no export that can be imported: {detector.known}")


def _import_or_report(
    corpus: Corpus,
    store: MediaStore,
    file: FoundFile,
    detector: Detector,
    options: Options,
    report: ImportReport,
    unread: "_Unread",
) -> None:
    try:
        if file.problem:
            raise DataError(file.problem)
        _import_file(corpus, store, file, _format_of(file, detector, options), options, report)
    except NotAnExport as error:
        if file.asked_for:
            report.problems.append(printable(error))
        else:
            report.other_files += 1
            report.texts_left += options.said_to_be is None and file.path.suffix.lower() in ENDINGS
        options.progress(file.size)
    except NobodySaid as error:
        found = Path(file.told(str(file.path))), printable(file.told(f"{file.path}: {error}"))
        unread.setdefault((str(error), file.asked_for), []).append(found)
    except NotRead as error:
        found = Path(file.told(str(file.path))), printable(file.told(str(error)))
        unread.setdefault((error.kind, file.asked_for), []).append(found)
    except DataError as error:
        report.problems.append(printable(file.told(str(error))))


def _format_of(file: FoundFile, detector: Detector, options: Options) -> InstalledFormat:
    """Returns the format that reads a file: that which its content tells, or what somebody said it is.

    Raises DataError where the two contradict each other: a chat holds the words of others.
    """
    if options.said_to_be is None:
        return detector.detect(file.path)
    if file.path.suffix.lower() not in ENDINGS:
        raise NotAnExport(f"{file.path} is no text: --as is for files that end in {', '.join(ENDINGS)}.")
    if (other := detector.export(file.path)) is not None:
        raise DataError(
            f"{file.path} looks like an export of {other}, and no {options.said_to_be}: import it without --as."
        )
    return InstalledFormat(said_to_be(options.said_to_be, options.to), OWN_PACKAGE)


_Unread = dict[tuple[Unreadable | str, bool], list[tuple[Path, str]]]
"""Files that are not read, each with the sentence about it; by the reason, and whether it was named.

The reason is the kind of export that no format reads, or the sentence that is the same for all such files.
"""


def _tell_once(unread: _Unread, report: ImportReport) -> None:
    """Tells many files of one kind in a sentence; what people send each other is no export where one lies above.

    Posts that lie in the same download as chats are no problem until somebody asks for them.
    """
    for (kind, asked_for), alike in unread.items():
        common = isinstance(kind, Unreadable) and kind.common
        left = [one for one in alike if asked_for or not common or not _lies_below(one[0], report.files)]
        report.other_files += len(alike) - len(left)
        if left:
            beside = isinstance(kind, str) and not asked_for and report.files
            told = report.hints if beside else report.problems
            told.append(left[0][1] + (f" (and {len(left) - 1:,} more files like it)" if len(left) > 1 else ""))


def _import_file(
    corpus: Corpus,
    store: MediaStore,
    file: FoundFile,
    known: InstalledFormat,
    options: Options,
    report: ImportReport,
) -> None:
    zone = options.zone or machine_zone()
    source = Source(file.path, zone, options.me, options.progress, options.own)
    media = ExportMedia(store, file.path.resolve().parent, file.root)
    try:
        events = known.read(source)
        staged = stage(corpus.db, with_names(events, options.names) if options.names else events, media, options.own)
        with corpus.bulk() as db:
            name = printable(file.path.name)
            rows = merge(db, staged, name, known.name, zone, zone_said=options.zone is not None)
            place = file.told(str(file.path.resolve()))
            shelve(db, staged.writings, printable(place), printable(Path(file.told(str(file.path))).name))
    except FormatFault as fault:
        raise DataError(f"{file.path}: {known.title} {fault}. Nothing of this file was kept. {known.advice}") from fault
    except NobodySaid:
        raise
    except DataError as error:
        raise error if str(file.path) in str(error) else DataError(f"{file.path}: {error}") from error
    except sqlite3.OperationalError as error:
        raise _explained(error, file.path) from error
    except OSError as error:
        raise DataError(f"{file.path} could not be imported: {error.strerror or error}.") from error
    _add(report, corpus, file, known.name, staged, rows, options)
    report.photos += len(media.kept)
    report.photos_left_out += media.left_out
    report.sounds += media.sounds
    report.moving += media.moving
    report.playing_left_out += media.playing_left_out


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
        report.reactions.add(chat.reactions)
        if not chat.read:
            continue
        row = rows.get(key, _WITHOUT_CHAT - len(report.chats))
        total = report.chats.get(row) or _of_same_chat(report, row, _described(corpus, row, chat))
        total.read += chat.read
        total.kept += chat.kept
        total.skipped += chat.skipped
    for kind, tally in staged.writings.items():
        report.writings.setdefault(kind, Tally()).add(tally)
    report.files.append(
        FileReport(
            printable(file.told(str(file.path))),
            format_name,
            report.read - before[0],
            report.kept - before[1],
            (*staged.truncated, *notes_of(corpus.db, staged, zone_said=options.zone is not None, me=options.me)),
        )
    )


def _of_same_chat(report: ImportReport, row: int, described: ChatReport) -> ChatReport:
    """Returns the counts to add to. A file of which nothing was kept may be one day of a chat that is told already."""
    for known, one in report.chats.items():
        same = (one.platform, one.native_id, one.kind) == (described.platform, described.native_id, described.kind)
        if same and described.native_id and min(known, row) < 0:
            return one
    return report.chats.setdefault(row, described)


def _lies_below(path: Path, files: Iterable[FileReport]) -> bool:
    """Says whether a file lies in a folder below that of an export, as what was attached to its messages does."""
    return any(Path(file.path).parent in path.parent.parents for file in files)


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
