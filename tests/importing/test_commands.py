"""The way of an owner through init, import, subject and people, at the terminal."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli import main
from bot.cli.table import fit, table, width
from bot.errors import ExitCode
from bot.message import Account
from bot.people import load_people
from bot.persona import load_persona
from bot.store.corpus import Corpus
from bot.workspace import Workspace
from tests.importing.conftest import ANN, BEN, Write, telegram_chat, telegram_message
from tests.importing.test_wechat import PYWXDUMP, arkme

Run = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "avatar"


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in the workspace; returns what it prints. `code`: the exit code it must end with."""

    def run(*words: object, code: int = 0) -> str:
        assert main(["-w", str(folder), *map(str, words)]) == code
        out, err = capsys.readouterr()
        return out if code == 0 else err

    return run


TRIP = {
    "name": "Trip",
    "type": "private_supergroup",
    "id": 42,
    "messages": [
        *(telegram_message(n, f"{n}", 888) for n in range(1, 26)),
        *(telegram_message(n, f"{n}", 999) for n in range(30, 35)),
        *(telegram_message(n, f"{n}", 1001, name="HelpBot") for n in range(40, 80)),
        telegram_message(90, "on my way", BEN),
    ],
}
PRIVATE = telegram_chat(telegram_message(1, "hi"), telegram_message(2, "hey Ann", BEN, name="Benny"))
OTHERS = {"name": "Zoe", "type": "personal_chat", "id": 5, "messages": [telegram_message(1, "hi Cem", 5, name="Zoe")]}


@pytest.fixture
def imported(run: Run, write: Write) -> Run:
    run("init")
    run("import", write({"about": "", "chats": {"list": [PRIVATE, TRIP, OTHERS]}}))
    return run


def test_init_makes_a_private_folder_and_never_overwrites(run: Run, folder: Path) -> None:
    out = run("init", folder, "--language", "zh")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in folder.iterdir()} == {"config.yaml", "questionnaire.yaml"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())
    assert "echoes -w" in out
    (folder / "config.yaml").write_text("# mine\n")
    (folder / "questionnaire.yaml").unlink()
    assert "kept" in run("init", folder)
    assert (folder / "config.yaml").read_text() == "# mine\n"
    assert (folder / "questionnaire.yaml").exists()


def test_init_into_a_file_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "note").write_text("x")
    assert "is a file" in run("init", tmp_path / "note", code=ExitCode.USAGE)


def test_import_needs_a_workspace_and_a_path(run: Run, tmp_path: Path) -> None:
    assert "echoes init" in run("import", tmp_path, code=ExitCode.USAGE)
    run("init")
    assert "neither a file nor a folder" in run("import", tmp_path / "nowhere", code=ExitCode.DATA)
    assert "not a time zone" in run("import", tmp_path, "--timezone", "Mars/North", code=ExitCode.USAGE)


def test_import_ends_with_counts_that_add_up(run: Run, write: Write) -> None:
    run("init")
    service = {"id": 9, "type": "service", "action": "phone_call"}
    path = write({"about": "", "chats": {"list": [{**PRIVATE, "messages": [*PRIVATE["messages"], service]}, TRIP]}})
    chinese = write(arkme({"content": "在吗"}, {"content": None}, displayName="小红同学"), "wechat/x.json")
    lines = run("import", path, chinese).splitlines()
    assert lines[0].split() == ["chat", "platform", "kind", "read", "kept", "skipped"]
    assert lines[4].split() == ["all", "76", "74", "2"]
    assert any(line.split() == ["service", "message", "1"] for line in lines)
    counts = json.loads(run("import", path, chinese, "--json"))
    assert (counts["read"], counts["kept"]) == (76, 0)
    for chat in [counts, *counts["chats"]]:
        assert chat["read"] == chat["kept"] + sum(chat["skipped"].values())
    assert {chat["title"] for chat in counts["chats"]} == {"Ann", "Trip", "小红同学"}


def test_columns_stand_straight_under_chinese(run: Run, write: Write) -> None:
    run("init")
    names = ("小红同学", "Ann", "全家福🙂")
    paths = [write(arkme({"content": "x"}, wxid=f"wxid_{n}aaaaa", displayName=name), f"{n}.json") for n, name in
             enumerate(names)]  # fmt: skip
    lines = run("import", *paths).splitlines()[1:4]
    assert {width(line[: line.index("wechat")]) for line in lines} == {10}


def test_tables_hold_what_terminals_do_not_like() -> None:
    assert width("全家福🙂e\u0301") == 9
    assert fit("一\n\x1b[31m二三四", 8) == "一 [31m…"
    assert table(("name", "n"), [("小红", 1), ("Ann", 12_345)]) == "name       n\n小红       1\nAnn   12,345"
    assert table(("name", "n"), []) == "name  n"


def test_import_reports_a_bad_file_and_takes_the_good(run: Run, write: Write) -> None:
    run("init")
    bad, good = write("nonsense", "a.txt"), write(PRIVATE)
    assert "a.txt is in no format" in run("import", bad, good, code=ExitCode.DATA)
    assert json.loads(run("import", good, "--json"))["in_corpus"] == 2


def test_the_time_zone_and_the_owner_can_be_said(run: Run, write: Write, folder: Path) -> None:
    run("init")
    run("import", write(PYWXDUMP, "a.csv"), "--timezone", "America/New_York", "--me", "wxid_me2024")
    with Corpus.open(folder / "corpus.sqlite") as corpus:
        first, second, *_ = corpus.messages(corpus.chats()[0])
        assert first.sent_at.isoformat() == "2024-10-04T15:42:01+00:00"
        assert second.sender == Account("wechat", "wxid_me2024")


def test_what_is_kept_is_private(imported: Run, folder: Path) -> None:
    with Corpus.open(folder / "corpus.sqlite") as corpus:
        corpus.count()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.glob("corpus.sqlite*")}
    assert len(modes) == 3  # with -wal and -shm
    assert set(modes.values()) == {0o600}


def test_subject_lists_who_wrote(imported: Run) -> None:
    assert "HelpBot" in imported("subject")
    senders = json.loads(imported("subject", "--json"))["senders"]
    assert [(one["account"], one["messages"], one["bot"]) for one in senders][:2] == [
        ("telegram:1001", 40, True),
        ("telegram:888", 25, False),
    ]


def test_any_sender_can_be_the_subject(imported: Run, folder: Path) -> None:
    assert "Ben" in imported("subject", "benny")
    persona = load_persona(folder / "persona.yaml")
    assert (persona.name, persona.aliases, persona.language) == ("Benny", ("Ben",), "en")
    assert load_people(folder / "people.yaml").subject == (Account("telegram", str(BEN)),)


def test_several_ids_become_one_subject(imported: Run, write: Write, folder: Path) -> None:
    imported("import", write(arkme({"content": "在吗"}, {"content": "在", "isSend": 1, "senderID": 1}), "w/x.json"))
    out = imported("subject", "小红", f"telegram:{ANN}")
    assert "telegram:777" in out
    assert set(load_people(folder / "people.yaml").subject) == {
        Account("wechat", "wxid_xiaohong"),
        Account("telegram", "777"),
    }
    persona = load_persona(folder / "persona.yaml")
    assert (persona.name, persona.aliases) == ("小红", ("Ann",))


def test_the_language_is_judged_by_what_they_wrote(run: Run, write: Write, folder: Path) -> None:
    run("init")
    run("import", write(arkme({"content": "在吗"}, {"content": "今天 ok 的"})))
    run("subject", "小红")
    assert load_persona(folder / "persona.yaml").language == "zh"
    (folder / "persona.yaml").unlink()
    run("subject", "小红", "--language", "en")
    assert load_persona(folder / "persona.yaml").language == "en"


def test_a_persona_that_was_edited_is_kept(imported: Run, folder: Path) -> None:
    imported("subject", "Ben")
    text = (folder / "persona.yaml").read_text().replace("about: ''", "about: Likes trains.")
    (folder / "persona.yaml").write_text(text)
    imported("subject", "Ben")
    assert load_persona(folder / "persona.yaml").about == "Likes trains."


def test_an_unclear_subject_is_asked_back(imported: Run, write: Write) -> None:
    assert "telegram:1001" in imported("subject", "help", code=ExitCode.USAGE)
    assert "Those who wrote most" in imported("subject", "nobody at all", code=ExitCode.USAGE)
    twin = telegram_message(99, "me too", 4242, name="Ben")
    imported("import", write({**TRIP, "messages": [twin]}, "twin/result.json"))
    asked = imported("subject", "Ben", code=ExitCode.USAGE)
    assert "telegram:4242" in asked
    assert "telegram:555" in asked
    imported("subject", "telegram:4242")


def people_of(run: Run) -> dict[str, dict[str, Any]]:
    return {one["slug"]: one for one in json.loads(run("people", "--json"))["people"]}


def test_people_are_found_where_the_subject_talked(imported: Run) -> None:
    assert "echoes subject" in imported("people")
    imported("subject", "Ben")
    found = people_of(imported)
    assert {slug: (one["messages"], one["relationship"]) for slug, one in found.items()} == {
        "cem": (25, "stranger"),
        "ann": (1, "stranger"),
    }  # neither the bot, nor who wrote five lines in a group, nor somebody else's chat
    assert found["cem"]["platforms"] == ["telegram"]
    assert "user-999" in json.dumps(json.loads(imported("people", "--min-messages", "5", "--json")))


def test_relationships_are_set_and_stay(imported: Run, folder: Path) -> None:
    imported("subject", "Ben")
    imported("people")
    imported("people", "set", "ann", "--relationship", "friend", "--account", "discord:7", "--name", "Annie")
    listed = people_of(imported)["ann"]
    assert (listed["relationship"], listed["name"]) == ("friend", "Annie")
    assert listed["accounts"] == ["telegram:777", "discord:7"]
    raw = yaml.safe_load((folder / "people.yaml").read_text())
    assert raw["people"]["ann"]["accounts"] == {"telegram": ["777"], "discord": ["7"]}


def test_two_contacts_that_are_one_person(imported: Run) -> None:
    imported("subject", "Ben")
    imported("people", "--min-messages", "5")
    imported("people", "set", "user-999", "--relationship", "classmate")
    assert "merge cem user-999" in imported("people", "set", "cem", "--account", "telegram:999", code=ExitCode.USAGE)
    imported("people", "merge", "cem", "user-999")
    found = people_of(imported)
    assert set(found) == {"cem", "ann"}
    assert (found["cem"]["relationship"], found["cem"]["messages"]) == ("classmate", 30)


def test_mistakes_in_people_are_sentences(imported: Run) -> None:
    imported("subject", "Ben")
    imported("people")
    assert "near it: ann" in imported("people", "set", "anna", "--name", "x", code=ExitCode.USAGE)
    assert "platform:id" in imported("people", "set", "ann", "--account", "777", code=ExitCode.USAGE)
    assert "of the subject" in imported("people", "set", "ann", "--account", "telegram:555", code=ExitCode.USAGE)
    assert "same contact" in imported("people", "merge", "ann", "ann", code=ExitCode.USAGE)
    imported("people", "set", "grandma", "--new", "--relationship", "elder", "--account", "wechat:wxid_grandma")
    assert people_of(imported)["grandma"]["relationship"] == "elder"
    assert "already" in imported("people", "set", "grandma", "--new", code=ExitCode.USAGE)


def test_a_contact_who_becomes_the_subject_is_one_no_more(imported: Run, folder: Path) -> None:
    imported("subject", "Ben")
    imported("people")
    imported("subject", "Ann")
    people = load_people(folder / "people.yaml")
    assert people.subject == (Account("telegram", "777"),)
    assert "ann" not in {contact.slug for contact in people.contacts}
    assert "ben" in {slug.removesuffix("ny") for slug in people_of(imported)}


def test_the_owner_says_who_may_be_written_to_first(imported: Run, folder: Path, write: Write) -> None:
    imported("subject", "Ben")
    imported("people")
    assert people_of(imported)["ann"]["speak_first"] is False
    out = imported("people", "speak-first", "ann", "on")
    assert "fewer than 5 times" in out and "speak_first is missing in config.yaml" in out
    mornings = [telegram_message(day * 86400, "morning", BEN) for day in range(10, 24)]
    imported("import", write(telegram_chat(*mornings), "more.json"))
    (folder / "config.yaml").write_text("conversation: {speak_first: {}}\n", "utf-8")
    assert "began 3.5 times a week" in (out := imported("people", "speak-first", "ann", "on")) and "missing" not in out
    assert [one.slug for one in load_people(folder / "people.yaml").contacts if one.speak_first] == ["ann"]
    imported("people", "set", "ann", "--relationship", "friend")
    assert people_of(imported)["ann"]["speak_first"] is True, "whatever else is changed"
    assert imported("people", "speak-first", "ann", "off").startswith("ann: the avatar answers")
    assert people_of(imported)["ann"]["speak_first"] is False
    assert "No contact" in imported("people", "speak-first", "zz", "on", code=ExitCode.USAGE)


@pytest.mark.parametrize("after", [0.15, 0.3, 0.5, 0.8])
def test_a_killed_import_leaves_a_file_whole_or_out(write: Write, folder: Path, run: Run, after: float) -> None:
    run("init")
    count = 20_000
    path = write(telegram_chat(*(telegram_message(n, f"message {n}", (ANN, BEN)[n % 2]) for n in range(count))))
    command = [sys.executable, "-m", "bot", "-w", str(folder), "import", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    time.sleep(after)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with Corpus.open(Workspace(folder).corpus) as corpus:
        assert corpus.count() in (0, count)
    assert json.loads(run("import", path, "--json"))["in_corpus"] == count
