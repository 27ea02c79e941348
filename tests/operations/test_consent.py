"""Who agreed: the record, and asking for it."""

import argparse
import dataclasses
import json
import stat
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli import main
from bot.cli.consent import Questions, configure, from_questions
from bot.consent import Consent, Role, Use, load_consent, record, require, save_consent, withdraw
from bot.errors import ConsentError, ExitCode, UsageError
from bot.workspace import Workspace
from tests.operations.conftest import consent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "consent.json"


def test_without_a_record_nothing_is_allowed(path: Path) -> None:
    with pytest.raises(
        ConsentError, match="Nobody has agreed to this avatar yet: record it with `echoes consent`"
    ) as no:
        require(path, Use.TRAINING)
    assert int(no.value.code) == 77


def test_a_record_allows_what_was_agreed_and_nothing_else(path: Path) -> None:
    save_consent(path, consent(uses=(Use.TRAINING,)))
    assert require(path, Use.TRAINING).by == "Mei Lin"
    with pytest.raises(ConsentError, match="The consent is for training, not for running"):
        require(path, Use.RUNNING)


def test_it_holds_through_its_last_day() -> None:
    agreed = consent(until=date(2026, 5, 1))
    agreed.covers(Use.RUNNING, today=date(2026, 5, 1))
    with pytest.raises(ConsentError, match="ended on 2026-05-01"):
        agreed.covers(Use.RUNNING, today=date(2026, 5, 2))


def test_no_refusal_names_anybody() -> None:
    for changes in (
        {"withdrawn_at": datetime.now(UTC)},
        {"until": date(2020, 1, 1)},
        {"uses": ()},
        {"platforms": ("x",)},
    ):
        with pytest.raises(ConsentError) as caught:
            consent(**changes).covers(Use.RUNNING, ["web"])
        assert "Mei" not in str(caught.value)


def test_only_the_platforms_agreed_to(path: Path) -> None:
    save_consent(path, consent(platforms=("web",)))
    require(path, Use.RUNNING, ["web"])
    with pytest.raises(ConsentError, match=r"is for web, not for telegram, discord: take it out of config\.yaml"):
        require(path, Use.RUNNING, ["web", "telegram", "discord"])


def test_nobody_is_deceived(path: Path) -> None:
    save_consent(path, consent(disclosure=False))
    require(path, Use.TRAINING)
    with pytest.raises(ConsentError, match="does not say that contacts are told"):
        require(path, Use.RUNNING)


def test_withdrawn_is_withdrawn(path: Path) -> None:
    with pytest.raises(ConsentError, match="no consent to withdraw"):
        withdraw(path)
    save_consent(path, consent())
    first = withdraw(path)
    assert withdraw(path) == first  # the first time counts
    for use in Use:
        with pytest.raises(ConsentError, match="The consent was withdrawn on"):
            require(path, use)


def test_the_record_comes_back_as_written_and_is_its_owners(path: Path) -> None:
    agreed = consent(by="林梅", role=Role.EXECUTOR, platforms=("web", "telegram"), note="只给家人")
    save_consent(path, agreed)
    assert load_consent(path) == agreed
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "林梅" in path.read_text("utf-8")


def test_a_new_record_keeps_the_old_one_beside_it(path: Path) -> None:
    record(path, consent(by="Mei"))
    withdraw(path)
    record(path, consent(by="Mei Lin"))
    (old,) = path.parent.glob("consent.until-*.json")
    former = load_consent(old)
    assert former is not None and former.by == "Mei" and former.withdrawn_at is not None
    assert require(path, Use.RUNNING).by == "Mei Lin"


DAMAGE: list[Callable[[dict[str, object]], str]] = [
    lambda saved: "not json",
    lambda saved: json.dumps([saved]),
    lambda saved: json.dumps(saved | {"version": 2}),
    lambda saved: json.dumps(saved | {"by": " "}),
    lambda saved: json.dumps(saved | {"uses": ["everything"]}),
    lambda saved: json.dumps(saved | {"platforms": "web"}),
    lambda saved: json.dumps(saved | {"until": "soon"}),
    lambda saved: json.dumps(saved | {"until": None}),
    lambda saved: json.dumps(saved | {"given_at": "2026-01-01T00:00:00"}),
    lambda saved: json.dumps({key: value for key, value in saved.items() if key != "withdrawn_at"}),
    lambda saved: "\udcff",
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_doubtful_record_allows_nothing(path: Path, damage: Callable[[dict[str, object]], str]) -> None:
    save_consent(path, consent())
    path.write_text(damage(json.loads(path.read_text("utf-8"))), "utf-8", errors="surrogateescape")
    with pytest.raises(ConsentError, match="run `echoes consent` again"):
        require(path, Use.TRAINING)


# -- at the terminal --------------------------------------------------------------------------------------------------


def asked(*answers: str, language: str = "en") -> tuple[Consent, list[str]]:
    """The record that a person's answers make, and the questions they saw."""
    waiting, seen = list(answers), []

    def read(question: str) -> str:
        seen.append(question)
        if not waiting:
            raise EOFError
        return waiting.pop(0)

    return from_questions(Questions(language, read)), seen


def test_asked_in_english() -> None:
    agreed, seen = asked("Mei Lin", "", "y", "n", "y", "", "y", "", "2030-01-31", "")
    assert agreed.role is Role.SELF and agreed.uses == (Use.TRAINING, Use.RUNNING)
    assert agreed.platforms == () and agreed.disclosure and agreed.until == date(2030, 1, 31)
    assert "all, or some of discord, telegram, web [all]" in seen[5]
    assert "is first told that it is an AI" in seen[6]
    assert "in a synthetic voice" in seen[7] and agreed.voice == ""


def test_asked_in_chinese_answers_are_chinese_too() -> None:
    agreed, seen = asked(
        "林梅", "2", "是", "是", "同意", "telegram、web", "好", "知更鸟", "", "只给家人", language="zh"
    )
    assert agreed.by == "林梅" and agreed.role is Role.GUARDIAN and agreed.platforms == ("telegram", "web")
    assert agreed.until == date.today() + timedelta(days=365)
    assert agreed.note == "只给家人" and "人工智能" in seen[6]
    assert agreed.voice == "知更鸟" and Use.VOICE in agreed.uses and "合成的声音" in seen[7]
    assert Use.WRITINGS in agreed.uses and "日记" in seen[3]


def test_what_is_not_understood_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    agreed, _ = asked(
        "", "Tom", "5", "4", "perhaps", "y", "y", "y", "irc", "web", "y", "", "31.1.2030", "2020-01-01", "", ""
    )
    assert agreed.by == "Tom" and agreed.role is Role.NEXT_OF_KIN and agreed.platforms == ("web",)
    printed = capsys.readouterr().out
    assert printed.count("once more") == 6


def test_training_alone_asks_nothing_about_running() -> None:
    agreed, seen = asked("Mei", "1", "y", "n", "n", "", "")
    assert agreed.uses == (Use.TRAINING,) and not agreed.disclosure and len(seen) == 7


def test_without_training_nobody_is_asked_about_diaries() -> None:
    agreed, seen = asked("Mei", "1", "n", "n", "", "")
    assert agreed.uses == () and not any("diary" in question for question in seen)


def test_broken_off_nothing_is_made() -> None:
    with pytest.raises(UsageError, match="broken off"):
        asked("Mei", "1")


def echoes(workspace: Workspace, *words: str) -> int:
    return main(["--workspace", str(workspace.root), "consent", *words])


def test_given_by_options(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    code = echoes(workspace, "--by", "Mei", "--uses", "training", "--until", "2030-12-31", "--note", "ok", "--yes")
    assert code == ExitCode.OK
    agreed = load_consent(workspace.consent)
    assert agreed is not None
    expected = Consent("Mei", Role.SELF, (Use.TRAINING,), agreed.given_at, date(2030, 12, 31), note="ok")
    assert agreed == expected
    assert datetime.now(UTC) - agreed.given_at < timedelta(minutes=1)
    assert "agreed: Mei (the person themself)" in capsys.readouterr().out


def test_a_voice_is_agreed_to_by_its_name(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert echoes(workspace, "--by", "Mei", "--voice", "robin", "--yes") == ExitCode.OK
    assert "in the voice: robin" in capsys.readouterr().out
    assert require(workspace.consent, Use.VOICE, voice="robin").uses == (Use.TRAINING, Use.RUNNING, Use.VOICE)
    for other in ("wren", ""):
        with pytest.raises(ConsentError, match=r"names another voice than speaking\.voice"):
            require(workspace.consent, Use.VOICE, voice=other)
    save_consent(workspace.consent, consent())
    with pytest.raises(ConsentError, match="for training and running, not for voice"):
        require(workspace.consent, Use.VOICE, voice="robin")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--by", " ", "--yes"], "--by needs the name"),
        (["--by", "Mei", "--uses", "fun", "--yes"], "--uses fun: must be training, writings, running"),
        (["--by", "Mei", "--uses", "running,voice", "--yes"], "--uses voice: say which voice, with --voice NAME"),
        (["--by", "Mei", "--until", "tomorrow", "--yes"], "--until tomorrow: must be a day such as"),
        (["--by", "Mei", "--until", "2020-01-01", "--yes"], "--until 2020-01-01: that day is over"),
        (["--by", "Mei", "--platforms", "icq", "--yes"], "icq: must be all, or some of discord, telegram, web"),
        (["--role", "self", "--yes"], "Say who agrees, with --by NAME"),
        (["--by", "Mei"], "Nobody is here to be asked"),
        ([], "Nobody is here to be asked"),
    ],
)
def test_wrong_options_write_nothing(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    before = load_consent(workspace.consent)
    assert echoes(workspace, *words) == ExitCode.USAGE
    assert sentence in capsys.readouterr().err
    assert load_consent(workspace.consent) == before


def test_shown_and_withdrawn(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert echoes(workspace, "show") == ExitCode.OK
    assert echoes(workspace, "withdraw", "--yes") == ExitCode.OK
    assert echoes(workspace, "show", "--language", "zh") == ExitCode.OK
    assert "撤回时间" in capsys.readouterr().out
    workspace.consent.unlink()
    assert echoes(workspace, "show") == ExitCode.CONSENT
    assert echoes(workspace, "withdraw", "--yes") == ExitCode.CONSENT


def test_the_questions_are_in_the_personas_language(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    workspace.persona.write_text("name: 小梅\nlanguage: zh\n", "utf-8")
    assert echoes(workspace, "show") == ExitCode.OK
    assert "同意人: Mei Lin (本人)" in capsys.readouterr().out


def test_every_role_and_use_has_its_words_in_both_languages() -> None:
    for language in ("en", "zh"):
        words = Questions(language).words
        assert {f"role_{role}" for role in Role} | {f"use_{use}" for use in Use} <= set(words)
        assert set(words) == set(Questions("en").words)


def test_help_is_there() -> None:
    parser = argparse.ArgumentParser()
    configure(parser)
    assert "--until" in parser.format_help()


def test_consent_cannot_be_changed_in_hand() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        consent().by = "Somebody"  # type: ignore[misc]
