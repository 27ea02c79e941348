"""Formats of others that are broken or hostile: a sentence names the package, and everything else is imported."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.errors import ExitCode
from bot.store.corpus import Corpus
from tests.extending.conftest import Install
from tests.extending.installing import install as install_package
from tests.importing.conftest import Write, telegram_chat, telegram_message
from training.data.importers.base import NO_MESSAGE

GOOD = telegram_chat(*(telegram_message(n, f"message {n}") for n in range(1, 6)))
PEBBLE = "Pebble export\tg\tG\n2025-03-01T18:00:02Z\t7\tAnn\ttext\twho is coming?\n"
TOY = Path(__file__).parent / "toy_format"
HEAD = """
from bot.message import Account, ChatKind
from training.data.importers.base import Claim, Format, ReadChat, ReadMessage, ReadReaction, Sentence, Skipped
from training.data.importers.base import SkippedReactions, Truncated
CHAT = ReadChat("k", "odd", "k", ChatKind.GROUP, "K")
def said(**more):
    usual = dict(chat="k", sender=Account("odd", "1"), sender_name="A", sent_ms=1_700_000_000_000, position=1)
    return ReadMessage(**{**usual, "text": "x", **more})
def put(**more):
    usual = dict(chat="k", sender=Account("odd", "2"), sender_name="B", emoji="❤️")
    return ReadReaction(**{**usual, **more})
def sniff(head):
    return Claim.CERTAIN if head.text.startswith("ODD") else Claim.NO
def read(source):
    yield CHAT
    for number in range(3000):
        yield said(position=number)
HOW = Sentence("Ask.", "问。")
"""
FORMAT = "FORMAT = Format('Odd', sniff, read, HOW)\n"
names = (f"odd{number:03}" for number in itertools.count())
"""A new one for each test, because Python keeps what it has imported."""


@dataclass
class Outcome:
    """What an import said and did."""

    code: int
    report: dict[str, Any]
    sentences: list[str]
    in_corpus: list[str]  # texts


Import = Callable[[str], Outcome]


@pytest.fixture
def imported(
    write: Write,
    workspace: Path,
    site: Path,
    install: Install,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Import]:
    """Installs a package with this code beside a good one, and imports its file among good files of two formats."""
    package = next(names)
    install_package(TOY, site)
    monkeypatch.syspath_prepend(site)

    def imported(code: str) -> Outcome:
        install(package, code)
        write("ODD one\n", "all/b.odd")
        write(GOOD, "all/c/result.json")
        folder = write(PEBBLE, "all/d.txt").parent
        capsys.readouterr()
        status = main(["-w", str(workspace), "import", str(folder), "--json"])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        sentences = [line.replace(package, "PACKAGE") for line in err.splitlines()]
        with Corpus.open(workspace / "corpus.sqlite") as corpus:
            texts = [message.text for chat in corpus.chats() for message in corpus.messages(chat)]
            assert corpus.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert not corpus.db.execute("PRAGMA foreign_key_check").fetchall()
        return Outcome(status, json.loads(out), sentences, texts)

    yield imported


def only_good(outcome: Outcome) -> bool:
    """Whether the files of the other formats, and nothing else, are in the corpus."""
    return sorted(outcome.in_corpus) == [*(f"message {n}" for n in range(1, 6)), "who is coming?"]


def test_a_format_that_is_right_is_read(imported: Import) -> None:
    outcome = imported(HEAD + FORMAT)
    assert (outcome.code, outcome.sentences) == (ExitCode.OK, [])
    assert outcome.in_corpus.count("x") == 3000


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise ValueError('what somebody wrote')", "ValueError in PACKAGE.py, line 1"),
        ("import sys; sys.exit(3)", "SystemExit in PACKAGE.py, line 1"),
        ("import no_such_thing_here", "No module named 'no_such_thing_here'"),
        ("FORMAT = (", "SyntaxError in PACKAGE.py, line 1"),
        ("x = 1", "AttributeError"),
        ("FORMAT = 'Telegram'", "is not a Format"),
        (HEAD + "FORMAT = Format('', sniff, read, HOW)", "its name"),
        (HEAD + "FORMAT = Format('two\\nlines', sniff, read, HOW)", "its name"),
        (HEAD + "FORMAT = Format(7, sniff, read, HOW)", "its name"),
        (HEAD + "FORMAT = Format('Odd', None, read, HOW)", "`sniff` and `read`"),
        (HEAD + "FORMAT = Format('Odd', sniff, 'read', HOW)", "`sniff` and `read`"),
        (HEAD + "FORMAT = Format('Odd', sniff, read, 'Ask.')", "`how_to_get_it`"),
        (HEAD + "FORMAT = Format('Odd', sniff, read, Sentence('Ask.', ''))", "`how_to_get_it`"),
        (HEAD + "FORMAT = Format('telegram desktop', sniff, read, HOW)", "takes the name of the format “Telegram Desk"),
        (HEAD + "FORMAT = Format('Pebble', sniff, read, HOW)", "takes the name of the format “Pebble” of the pack"),
    ],
)  # fmt: skip
def test_a_format_that_cannot_be_loaded_is_left_out(imported: Import, code: str, reason: str) -> None:
    outcome = imported(code)
    (sentence,) = outcome.sentences
    assert "The package PACKAGE brings an export format" in sentence
    assert reason in sentence
    assert "what somebody wrote" not in sentence
    assert outcome.code == ExitCode.OK
    assert outcome.report["other_files"] == 1
    assert only_good(outcome)


@pytest.mark.parametrize(
    ("sniff", "reason"),
    [
        ("raise KeyError('what somebody wrote')", "(KeyError in PACKAGE.py, line"),
        ("import sys; sys.exit()", "(SystemExit in PACKAGE.py, line"),
        ("sniff(head)", "(RecursionError in PACKAGE.py, line"),
        ("return 'yes'", "answered with no Claim"),
        ("return True", "answered with no Claim"),
        ("pass", "answered with no Claim"),
    ],
)
def test_a_format_that_fails_at_looking_is_told_once(imported: Import, sniff: str, reason: str) -> None:
    outcome = imported(f"{HEAD}\ndef sniff(head):\n    {sniff}\n{FORMAT}")
    (sentence,) = outcome.sentences
    assert "The format “Odd” of the package PACKAGE" in sentence
    assert reason in sentence
    assert "b.odd" in sentence
    assert "pip uninstall PACKAGE" in sentence
    assert "what somebody wrote" not in sentence
    assert outcome.code == ExitCode.OK
    assert only_good(outcome)


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        ("raise KeyError('what somebody wrote')", "failed at reading it (KeyError in PACKAGE.py, line"),
        ("import sys; sys.exit()", "failed at reading it (SystemExit in PACKAGE.py, line"),
        ("return 7", "failed at reading it (TypeError"),
        ("pass", "failed at reading it (TypeError"),
        ("yield CHAT; yield said(); raise ValueError('x')", "failed at reading it (ValueError in PACKAGE.py, line"),
        ("yield CHAT\n    for _ in range(5000): yield said()\n    1/0", "failed at reading it (ZeroDivisionError"),
        ("from training.data.importers.base import is_named; is_named(7)", "(AttributeError in PACKAGE.py, line"),
        ("yield CHAT; yield said(no_such_field=1)", "failed at reading it (TypeError in PACKAGE.py, line"),
        ("import sqlite3; yield CHAT; yield said(); raise sqlite3.OperationalError('full')", "(OperationalError in"),
    ],
)
def test_nothing_is_kept_of_a_file_whose_format_fails_at_reading_it(imported: Import, read: str, reason: str) -> None:
    outcome = imported(f"{HEAD}\ndef read(source):\n    {read}\n{FORMAT}")
    (sentence,) = outcome.sentences
    assert "b.odd: the format “Odd” of the package PACKAGE" in sentence
    assert reason in sentence
    assert "Nothing of this file was kept. Tell the author of PACKAGE" in sentence
    assert "what somebody wrote" not in sentence
    assert outcome.code == ExitCode.DATA
    assert only_good(outcome)


@pytest.mark.parametrize(
    "events",
    [
        "yield 'hello'",
        "yield None",
        "yield said()",
        "yield CHAT; yield said(chat='another')",
        "yield CHAT; yield said(chat=[])",
        "yield CHAT; yield said(sent_ms='soon')",
        "yield CHAT; yield said(sent_ms=253402300799000)",
        "yield CHAT; yield said(sent_ms=-5)",
        "yield CHAT; yield said(sent_ms=1.7e12)",
        "yield CHAT; yield said(sent_ms=float('nan'))",
        "yield CHAT; yield said(sent_ms=True)",
        "yield CHAT; yield said(position=None)",
        "yield CHAT; yield said(position=2**70)",
        "yield CHAT; yield said(text='\\ud83d alone')",
        "yield CHAT; yield said(text=b'bytes')",
        "yield CHAT; yield said(text=None)",
        "yield CHAT; yield said(text='')",
        "yield CHAT; yield said(sender='A')",
        "yield CHAT; yield said(sender=Account('odd', ''))",
        "yield CHAT; yield said(sender=Account('odd', 7))",
        "yield CHAT; yield said(sender=Account([], '7'))",
        "yield CHAT; yield said(sender=Account('telegram', '7'))",
        "yield CHAT; yield said(sender_name=None)",
        "yield CHAT; yield said(sender_name='\\udc00')",
        "yield CHAT; yield said(sender_name='two\\nlines')",
        "yield CHAT; yield said(photos='a.png')",
        "yield CHAT; yield said(photos=(7,))",
        "yield CHAT; yield said(photos=None)",
        "yield CHAT; yield said(placeholder='hologram')",
        "yield CHAT; yield said(placeholder=[])",
        "yield CHAT; yield said(native_id=7)",
        "yield CHAT; yield said(native_id='')",
        "yield CHAT; yield said(reply_to=object())",
        "yield CHAT; yield said(forwarded='no')",
        "yield CHAT; yield said(resolution_ms=0)",
        "yield CHAT; yield said(resolution_ms='1')",
        "yield CHAT; yield said(); yield put(emoji='ok')",
        "yield CHAT; yield said(); yield put(emoji=None)",
        "yield CHAT; yield said(); yield put(emoji='❤️\\ud83d')",
        "yield CHAT; yield said(); yield put(sender=None)",
        "yield CHAT; yield said(); yield put(sender=Account('telegram', '7'))",
        "yield CHAT; yield said(); yield put(sender_name='two\\nlines')",
        "yield CHAT; yield said(); yield put(to=7)",
        "yield CHAT; yield said(); yield put(at_ms=-5)",
        "yield CHAT; yield said(); yield put(chat='another')",
        "yield CHAT; yield said(); yield SkippedReactions('k', 'odd reason', 0)",
        "yield CHAT; yield said(); yield Skipped('k', 7)",
        "yield CHAT; yield said(); yield Skipped([], 'x')",
        "yield CHAT; yield said(); yield Truncated(None)",
        "yield said(); yield ReadChat([], 'odd', 'k', ChatKind.GROUP, 'K')",
        "yield said(); yield ReadChat('k', 'Odd platform', 'k', ChatKind.GROUP, 'K')",
        "yield said(); yield ReadChat('k', 'odd', None, ChatKind.GROUP, 'K')",
        "yield said(); yield ReadChat('k', 'odd', 'k', 'crowd', 'K')",
        "yield said(); yield ReadChat('k', 'odd', 'k', ChatKind.GROUP, None)",
        "yield said(); yield ReadChat('k', 'odd', 'k', ChatKind.GROUP, '\\udc00')",
        "yield said(); yield ReadChat('k', 'odd', 'k', ChatKind.PRIVATE, 'K', owner=7)",
        "yield said(); yield ReadChat('k', 'odd', 'k', ChatKind.GROUP, 'K', ids='galaxy')",
    ],
)
def test_events_that_make_no_sense_are_refused_with_their_file(imported: Import, events: str) -> None:
    outcome = imported(f"{HEAD}\ndef read(source):\n    {events}\n{FORMAT}")
    (sentence,) = outcome.sentences
    assert "b.odd: the format “Odd” of the package PACKAGE yielded" in sentence
    assert "Nothing of this file was kept" in sentence
    assert "alone" not in sentence
    assert outcome.code == ExitCode.DATA
    assert only_good(outcome)


def test_events_that_look_odd_and_are_right_are_kept(imported: Import) -> None:
    events = """
    yield said(text="‮right to left\u2028🙂", position=-3, placeholder="sticker")
    yield said(text="", photos=("../../outside.png", "gone.png"), position=0)
    yield said(text="", placeholder="location", native_id="9" * 400, reply_to="nobody", is_bot=True)
    yield Skipped("nothing but this", "odd reason")
    yield put()
    yield put(to="9" * 400, sender=Account("odd", "1"), at_ms=1)
    yield put(to="of no message")
    yield put(chat="of nothing")
    yield SkippedReactions("k", "odd reason", 7)
    yield CHAT
    yield ReadChat("of nothing", "odd", "of nothing", ChatKind.GROUP, "N")
    yield Truncated("The file ends here.")
"""
    outcome = imported(f"{HEAD}\ndef read(source):{events}\n{FORMAT}")
    assert (outcome.code, outcome.sentences) == (ExitCode.OK, [])
    (file,) = (file for file in outcome.report["files"] if file["format"] == "Odd")
    assert (file["read"], file["kept"], file["notes"]) == (4, 3, ["The file ends here."])
    assert outcome.report["reactions"] == {"kept": 2, "left_out": {"odd reason": 7, NO_MESSAGE: 2}}


def test_what_a_format_says_of_a_file_itself_is_said(imported: Import) -> None:
    code = (
        "from bot.errors import DataError\ndef read(source):\n    yield CHAT\n    raise DataError('Unlock it first.')\n"
    )
    outcome = imported(f"{HEAD}\n{code}{FORMAT}")
    (sentence,) = outcome.sentences
    assert sentence.endswith("b.odd: Unlock it first.")
    assert only_good(outcome)


def test_a_format_that_claims_everything_gets_what_nobody_of_echoes_own_is_sure_of(imported: Import) -> None:
    outcome = imported(f"{HEAD}\ndef sniff(head):\n    return Claim.CERTAIN\n{FORMAT}")
    assert [file["format"] for file in outcome.report["files"]] == ["Odd", "Telegram Desktop"]
    (sentence,) = outcome.sentences  # two packages claim the third file
    assert "d.txt is claimed by the format “Pebble” of the package echoes-pebble and by the format “Odd”" in sentence
    assert "pip uninstall" in sentence
    assert outcome.code == ExitCode.DATA


def test_a_format_from_elsewhere_reads_what_echoes_only_knows_by_sight(
    install: Install, write: Write, workspace: Path, site: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = write({"messages": [{"id": 1, "from_id": 7, "peer_id": 5, "text": "hi"}]}, "vk.json")
    assert main(["-w", str(workspace), "import", str(path)]) == ExitCode.DATA
    assert "an export of VK, which cannot be imported" in capsys.readouterr().err
    sniff = "def sniff(head):\n    return Claim.CERTAIN if 'peer_id' in head.keys_at('messages.item') else Claim.NO\n"
    install(next(names), f"{HEAD}\n{sniff}{FORMAT}")
    monkeypatch.syspath_prepend(site)
    assert main(["-w", str(workspace), "import", str(path)]) == ExitCode.OK


def test_metadata_that_are_damaged_do_no_harm(
    site: Path, write: Write, workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    info = site / "damaged-1.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("[echoes.formats]\none = not a place at all\n", "utf-8")
    monkeypatch.syspath_prepend(site)
    assert main(["-w", str(workspace), "import", str(write(GOOD))]) == ExitCode.OK
    assert "brings an export format (one) that cannot be used" in capsys.readouterr().err
