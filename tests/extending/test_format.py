"""Somebody else's export format: installed beside Echoes, found, used and listed, with no line changed in here."""

import json
import re
from pathlib import Path

import pytest

from bot.errors import ExitCode
from bot.message import Account
from bot.store.corpus import Corpus
from tests.extending.conftest import Echoes
from tests.extending.installing import ROOT, write_metadata
from tests.extending.installing import install as install_package
from tests.importing.conftest import Write, telegram_chat, telegram_message
from tests.support import picture
from training.data.importers.formats import installed_formats

TOY = Path(__file__).parent / "toy_format"
EXPORT = (
    "Pebble export\tclimbing\tClimbing on Tuesdays\n"
    "2025-03-01T18:00:00Z\t7\tAnn\tjoined\t\n"
    "2025-03-01T18:00:02Z\t7\tAnn\ttext\twho is coming?\n"
    "2025-03-01T18:01:10Z\t8\tBen\tvoice\t\n"
    "2025-03-01T18:01:15Z\t8\tBen\tphoto\trope.png\n"
    "sometime\t8\tBen\ttext\tsee you\n"
)
TELEGRAM = telegram_chat(telegram_message(1, "hi"), telegram_message(2, "hey"))


def test_a_toy_format_is_installed_and_imports_through_the_real_command(
    echoes: Echoes, site: Path, write: Write, workspace: Path
) -> None:
    write(EXPORT, "exports/pebble/climbing.txt")
    write(picture(), "exports/pebble/rope.png")
    folder = write(TELEGRAM, "exports/telegram/result.json").parents[1]
    before = json.loads(echoes("import", folder, "--json").stdout)
    assert {chat["platform"] for chat in before["chats"]} == {"telegram"}

    install_package(TOY, site)
    done = echoes("import", folder, "--json")
    assert (done.returncode, done.stderr) == (ExitCode.OK, "")
    report = json.loads(done.stdout)
    assert [(file["format"], file["read"], file["kept"]) for file in report["files"]] == [
        ("Pebble", 5, 3),
        ("Telegram Desktop", 2, 0),
    ]
    (chat,) = (chat for chat in report["chats"] if chat["platform"] == "pebble")
    assert (chat["id"], chat["title"], chat["kind"]) == ("climbing", "Climbing on Tuesdays", "group")
    assert chat["skipped"] == {"service message": 1, "no time": 1}
    assert report["photos"] == {"kept": 1, "left_out": {}}
    with Corpus.open(workspace / "corpus.sqlite") as corpus:
        (group,) = (chat for chat in corpus.chats() if chat.platform == "pebble")
        said = [(message.sender, message.sender_name, message.text) for message in corpus.messages(group)]
    ann, ben = Account("pebble", "7"), Account("pebble", "8")
    assert said == [(ann, "Ann", "who is coming?"), (ben, "Ben", ""), (ben, "Ben", "")]
    assert json.loads(echoes("import", folder, "--json").stdout)["kept"] == 0


@pytest.mark.parametrize(("locale", "sentence"), [("zh_CN.UTF-8", "长按群聊"), ("en_GB.UTF-8", "Save as text")])
def test_the_formats_are_listed_in_the_readers_language(echoes: Echoes, site: Path, locale: str, sentence: str) -> None:
    install_package(TOY, site)
    done = echoes("import", "--formats", LC_ALL=locale)
    assert (done.returncode, done.stderr) == (ExitCode.OK, "")
    lines = done.stdout.splitlines()
    own = [one.name for one in installed_formats().formats]
    assert {"LINE", "MemoTrace", "Telegram Desktop", "WeFlow", "WhatsApp"} <= set(own)
    assert lines[0::2] == [*own, "Pebble (echoes-pebble)"]
    assert sentence in lines[-1]
    assert all(re.search("[\u4e00-\u9fff]", how) for how in lines[1::2]) == (locale == "zh_CN.UTF-8")
    assert "--formats" in echoes("import", "--help").stdout


def test_a_file_of_no_format_is_told_which_there_are(echoes: Echoes, site: Path, write: Write) -> None:
    install_package(TOY, site)
    done = echoes("import", write("dear diary", "diary.txt"))
    assert done.returncode == ExitCode.DATA
    assert "Pebble" in done.stderr
    assert "echoes import --formats" in done.stderr


def test_the_page_about_it_shows_the_toy_itself() -> None:
    page = (ROOT / "docs" / "extending.md").read_text("utf-8").partition("## A new export format")[2]
    shown = re.findall(r"```(\w+)\n(.*?)```", page.partition("\n## ")[0], re.DOTALL)
    assert [text for language, text in shown if language == "python"] == [(TOY / "pebble_format.py").read_text("utf-8")]
    assert [text for language, text in shown if language == "toml"] == [(TOY / "pyproject.toml").read_text("utf-8")]


def test_an_installation_from_before_says_to_install_again(echoes: Echoes, site: Path, write: Write) -> None:
    write_metadata(site, "echoes-avatar", "0.1.0", {"console_scripts": {"echoes": "bot.cli:main"}})
    for words in (("import", write(TELEGRAM)), ("import", "--formats")):
        done = echoes(*words)
        assert done.returncode == ExitCode.CONFIG
        assert "pip install -e ." in done.stderr
        assert "Traceback" not in done.stderr


def test_an_installation_whose_modules_have_moved_says_to_install_again(
    echoes: Echoes, site: Path, write: Write
) -> None:
    write_metadata(
        site, "echoes-avatar", "0.1.0", {"echoes.formats": {"telegram": "training.data.importers.old:FORMAT"}}
    )
    done = echoes("import", write(TELEGRAM))
    assert done.returncode == ExitCode.CONFIG
    assert "telegram" in done.stderr
    assert "pip install -e ." in done.stderr
