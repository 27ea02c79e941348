"""`echoes writings`: lists what the person wrote outside of chats, prints one, and removes what is not to be here."""

import argparse
from collections.abc import Sequence

from bot.cli.table import table
from bot.errors import DataError, ExitCode, UsageError
from bot.people import NOTHING_LEFT_OUT, load_people
from bot.store.corpus import Corpus
from bot.store.writings import allow_again, by_file, remove, writings
from bot.workspace import Workspace
from bot.writing import Writing

_KEPT_IN_LORAS = (
    "Importing their files again does not bring them back. What a LoRA has learnt of them stays in it: run `echoes "
    "train` again, and delete the others."
)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", nargs="?", type=int, metavar="NUMBER", help="print this one")
    parser.add_argument("--file", metavar="NAME", help="list what came from this file, one by one")
    parser.add_argument("--remove", nargs="+", type=int, default=[], metavar="NUMBER", help="remove these for good")
    parser.add_argument("--remove-file", metavar="NAME", help="remove for good all that came from this file")
    parser.add_argument("--allow-again", action="store_true", help="let importing a file bring back what was removed")


def run(args: argparse.Namespace) -> int:
    workspace = Workspace.open(args.workspace)
    if not workspace.corpus.exists():
        raise DataError(f"{workspace.root} holds nothing yet: run `echoes import PATH` first.")
    listing = args.number is None and not args.remove and args.remove_file is None and not args.allow_again
    left_out = load_people(workspace.people).left_out if listing else NOTHING_LEFT_OUT
    with Corpus.open(workspace.corpus, left_out) as corpus:
        found = writings(corpus)
        if args.allow_again:
            print(f"{allow_again(corpus):,} that were removed may be imported again.")
        elif args.remove or args.remove_file is not None:
            going = {one.id for one in found if one.source == args.remove_file}
            going |= {_of_number(found, number).id for number in args.remove}
            if not going:
                raise UsageError(f"Nothing is from a file called {args.remove_file}: `echoes writings` lists them.")
            print(f"Removed: {remove(corpus, going):,}. {_KEPT_IN_LORAS}")
        elif args.number is not None:
            _print(_of_number(found, args.number))
        elif args.file is not None:
            _list([one for one in found if one.source == args.file])
        else:
            _list_files(corpus)
    return ExitCode.OK


def _of_number(found: Sequence[Writing], number: int) -> Writing:
    for one in found:
        if one.id == number:
            return one
    raise UsageError(f"There is no number {number}: `echoes writings --file NAME` lists them.")


def _print(one: Writing) -> None:
    to = ", ".join(each.name or (each.account.id if each.account else "") for each in one.to)
    about = (one.kind.value, str(one.day or "no day"), f"to {to}" if to else "", one.title, one.source)
    print(f"{', '.join(part for part in about if part)}\n\n{one.text}")


def _list(found: Sequence[Writing]) -> None:
    rows = [(one.id, str(one.day or ""), one.kind.value, one.title, len(one.text)) for one in found]
    print(table(("number", "day", "kind", "title", "characters"), rows))


def _list_files(corpus: Corpus) -> None:
    rows = [
        (one.source, one.kind.value, one.number, str(one.first or ""), str(one.last or ""), one.undated)
        for one in by_file(corpus)
    ]
    if not rows:
        print("Nothing that was written outside of chats is here: `echoes import --as diary FILE`, or their e-mail.")
        return
    print(table(("file", "kind", "number", "first", "last", "no day"), rows))
    print("\n`echoes writings --file NAME` lists them one by one, `echoes prepare` tells what is learnt of them.")
