"""`echoes import PATH…`: reads exported chats and writings into the workspace, and counts what it did."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.cli.language import terminal_language
from bot.cli.table import table
from bot.errors import EchoesError, ExitCode, UsageError
from bot.message import Account
from bot.people import People, load_people
from bot.workspace import Workspace
from bot.writing import WritingKind

if TYPE_CHECKING:
    from bot.hearing.transcriber import Transcriber
    from training.data.importers import ImportReport

_WRITTEN = {
    WritingKind.DIARY: "(diary)",
    WritingKind.LETTER: "(letters)",
    WritingKind.EMAIL: "(e-mail)",
    WritingKind.POST: "(posts)",
}
_TEXTS = (
    "{number:,} of them are texts. If the person wrote them, say what they are: `echoes import --as diary PATH` (or "
    "letter, or post)."
)

_CHANNELS = (
    "\nPosts in channels are left out. Is one the person's own, in which nobody else writes? Then say so, and import "
    "again: `echoes subject --also PLATFORM:ID`\n"
)
_ALSO_A_CHAT = (
    "\n“{title}” is in the corpus as a chat, too, from an earlier import. So that nothing of it is learnt twice: "
    "`echoes people leave-out --chat {key}`"
)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="exported files, zips, or folders")
    parser.add_argument(
        "--timezone", metavar="NAME", help="of times written without one, as Asia/Shanghai (default: this machine's)"
    )
    parser.add_argument(
        "--me",
        metavar="ID",
        help="the id or name of the account whose exports these are, for formats that only say “我” or “me”",
    )
    parser.add_argument(
        "--as",
        dest="said_to_be",
        choices=("diary", "letter", "post"),
        help="the files (text, Markdown, docx) are the person's own diary, letters or posts",
    )
    parser.add_argument("--to", default="", metavar="NAME", help="with --as letter: whom they went to")
    parser.add_argument("--hear", action="store_true", help="then write down what is said, as `echoes transcribe` does")
    parser.add_argument(
        "--names",
        type=Path,
        metavar="FILE",
        help="an address book (.vcf, or a Mac's .abcddb), for exports that know people by number alone",
    )
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    parser.add_argument(
        "--formats", action=_ShowFormats, nargs=0, help="list the formats that can be read and how to get each, and end"
    )


class _ShowFormats(argparse.Action):
    """Lists the installed formats and ends, as --help does: no PATH is needed."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from training.data.importers.formats import installed_formats

        try:
            installed = installed_formats()
        except EchoesError as error:
            parser.exit(error.code, f"echoes: {error}\n")
        for one in installed.formats:
            how = one.format.how_to_get_it
            package = "" if one.own else f" ({one.package})"
            print(f"{one.name}{package}\n  {how.zh if terminal_language() == 'zh' else how.en}")
        parser.exit(ExitCode.OK, "".join(f"echoes: {problem}\n" for problem in installed.problems))


def run(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from bot.media import MediaStore
    from bot.store.corpus import Corpus
    from bot.store.writings import authors, count
    from training.data.importers import AddressBook, Options, find_files, import_paths

    workspace = Workspace.open(args.workspace)
    transcriber = _transcriber(workspace) if args.hear else None  # before the import: it may be missing
    zone = _zone(args.timezone)
    if args.to and args.said_to_be != "letter":
        raise UsageError("--to goes with --as letter: it says whom the letters went to.")
    kind = WritingKind(args.said_to_be) if args.said_to_be else None
    people = load_people(workspace.people)
    names = AddressBook.read(args.names) if args.names else None
    files = find_files(args.paths)
    size = sum(file.size for file in files)
    with (
        tqdm(total=size, unit="B", unit_scale=True, desc="import", file=sys.stderr, disable=None, leave=False) as bar,
        Corpus.open(workspace.corpus) as corpus,
    ):
        said = people.subject, kind, " ".join(args.to.split())
        options = Options(zone, args.me, bar.update, names, *said)
        report = import_paths(corpus, MediaStore(workspace.media), files, options)
        total, written = corpus.count(), count(corpus)
        wrote = authors(corpus)
        unknown = [author for author in wrote if author not in people.subject]
        chats = [one.chat for one in corpus.chats() if Account(one.platform, one.native_id) in wrote]
        twice = [chat for chat in chats if chat.key not in people.left_out_chats]
    if args.json:
        counts = {**report.as_json(), "in_corpus": total, "writings_in_corpus": written}
        print(json.dumps(counts, ensure_ascii=False, indent=2))
    else:
        _print(report, total, written)
        if report.writings and unknown:
            print(_not_yet_the_subject(unknown, people))
        for chat in twice:
            print(_ALSO_A_CHAT.format(title=chat.title, key=chat.key))
    for problem in (*report.format_problems, *report.hints, *report.problems):
        print(f"echoes: {problem}", file=sys.stderr)
    if transcriber is not None:
        from bot.cli.transcribe import transcribe

        transcribe(workspace, transcriber, out=sys.stderr if args.json else None)
    return ExitCode.DATA if report.problems or not report.files else ExitCode.OK


def _transcriber(workspace: Workspace) -> "Transcriber":
    from bot.cli.transcribe import hearing_with

    return hearing_with(workspace)


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"--timezone {name}: not a time zone; give one as Asia/Shanghai or Europe/Berlin.") from None


def _not_yet_the_subject(unknown: Sequence[Account], people: People) -> str:
    """What to type, so that what these accounts wrote is learnt."""
    ids = " ".join(f"{account.platform}:{account.id}" for account in unknown)
    command = f"echoes subject --also {ids}" if people.subject else f"echoes subject WHO {ids}"
    return f"\nIt is learnt once these are among the subject's accounts: {command}"


def _print(report: "ImportReport", total: int, written: int) -> None:
    from training.data.importers.telegram_channel import CHANNEL

    chats = sorted(report.chats.values(), key=lambda chat: (-chat.read, chat.title))
    if chats or report.writings:
        rows = [
            (chat.title or chat.native_id, chat.platform, chat.kind, chat.read, chat.kept, sum(chat.skipped.values()))
            for chat in chats
        ]
        rows += [
            (_WRITTEN[kind], "", "", one.read, one.kept, sum(one.skipped.values()))
            for kind, one in report.writings.items()
        ]
        if len(rows) > 1:
            rows.append(("all", "", "", report.read, report.kept, sum(report.skipped.values())))
        print(table(("chat", "platform", "kind", "read", "kept", "skipped"), rows))
    else:
        print("Nothing was found to import.")
    for heading, reasons in (
        ("Skipped", report.skipped),
        ("Photos left out", report.photos_left_out),
        ("Voice messages and videos left out", report.playing_left_out),
        ("Reactions left out", report.reactions.left_out),
    ):
        if reasons:
            print(f"\n{heading}:\n{_reasons(reasons)}")
    channels = [chat for chat in chats if chat.skipped[CHANNEL]]
    if channels:
        print(_CHANNELS + "\n".join(f"  {one.platform}:{one.native_id}  {one.title}" for one in channels))
    if report.photos:
        print(f"\nPhotos kept: {report.photos:,}")
    if report.sounds:
        print(f"\nVoice messages and videos with sound: {report.sounds:,} (`echoes transcribe` writes them down)")
    if report.moving:
        print(f"\nVideos and the like of which frames are kept: {report.moving:,}")
    if report.reactions.kept:
        print(f"\nReactions to messages kept: {report.reactions.kept:,}")
    noted: dict[str, list[str]] = {}
    for file in report.files:
        for note in file.notes:
            noted.setdefault(note, []).append(file.path)
    for note, paths in noted.items():
        print(f"\n{paths[0]}{f' and {len(paths) - 1:,} more' if len(paths) > 1 else ''}: {note}")
    if report.other_files:
        print(f"\nOther files in those folders, left alone: {report.other_files:,}")
    if report.texts_left:
        print(f"{_TEXTS.format(number=report.texts_left)}")
    print(f"\nThe workspace now holds {total:,} messages" + (f" and {written:,} writings." if written else "."))


def _reasons(reasons: Mapping[str, int]) -> str:
    rows = sorted(reasons.items(), key=lambda item: -item[1])
    lines = table(("", ""), [(f"  {reason}", count) for reason, count in rows]).splitlines()
    return "\n".join(lines[1:])
