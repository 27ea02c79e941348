"""`echoes release`: the owner chooses what others may see of how the person writes to people of a relationship."""

from pathlib import Path

import pytest

from bot.cli import main
from bot.errors import ConfigError, ExitCode
from bot.people import save_people
from bot.released import Exchange, load_released, save_released
from tests.dialogues.log import PEOPLE, Log


@pytest.fixture
def root(tmp_path: Path) -> Path:
    log = Log(tmp_path)
    log.private(
        "Mei",
        "3/1 10:00 Mei: are you coming?",
        "10:01 Nora: okok",
        "10:02 Nora: my number is 020 7946 0018",
        "3/2 10:00 Mei: the lantern festival was great",
        "10:01 Nora: send pictures",
    )
    log.private("Gran", "3/3 10:00 Gran: my secret is tulip", "10:01 Nora: Dear Gran, nobody hears of it")
    log.corpus()
    log.close()
    (tmp_path / "config.yaml").write_text("platforms: {}\n")
    (tmp_path / "persona.yaml").write_text("name: Nora\n")
    save_people(tmp_path / "people.yaml", PEOPLE)
    return tmp_path


def release(root: Path, *arguments: str) -> int:
    return main(["-w", str(root), "release", *arguments])


def key_of(shown: str, words: str) -> str:
    return next(line.split()[0] for line in shown.splitlines() if words in line)


def test_from_a_chat_to_others_eyes_and_back(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert release(root, "mei") == ExitCode.OK
    shown = capsys.readouterr().out
    assert "send pictures" in shown and "tulip" not in shown
    key = key_of(shown, "are you coming?")
    assert release(root, "mei", key, "--yes") == ExitCode.OK
    kept = (Exchange("are you coming?", "okok\nmy number is 000 0000 0000", "mei"),)
    assert load_released(root / "released.yaml") == {"friend": kept}
    assert (root / "released.yaml").stat().st_mode & 0o777 == 0o600
    capsys.readouterr()
    release(root)
    assert "friend/1" in capsys.readouterr().out
    assert release(root, "--withdraw", "friend/1") == ExitCode.OK
    assert load_released(root / "released.yaml") == {}
    assert release(root, "--withdraw", "friend/1") == ExitCode.USAGE
    assert "friend/1 is not released" in capsys.readouterr().err


def test_it_asks_whether_the_other_agrees(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    release(root, "mei", "--about", "the lantern festival")
    shown = capsys.readouterr().out
    assert "are you coming" not in shown
    key = key_of(shown, "lantern")
    monkeypatch.setattr("builtins.input", lambda _: "n")
    release(root, "mei", key)
    asked = capsys.readouterr().out
    assert "Mei's own" in asked and "Do they agree?" in asked and "Nothing is released." in asked
    assert not (root / "released.yaml").exists()
    monkeypatch.setattr("builtins.input", lambda _: "是")
    release(root, "mei", key, "--asked", "how was it?", "--for", "classmate")
    assert "own" not in capsys.readouterr().out, "nothing of hers is in it"
    assert load_released(root / "released.yaml") == {"classmate": (Exchange("how was it?", "send pictures", "mei"),)}


def test_a_key_of_another_chat_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release(root, "gran")
    key = key_of(capsys.readouterr().out, "tulip")
    assert release(root, "mei", key, "--yes") == ExitCode.USAGE
    shown = capsys.readouterr()
    assert f"{key} is no exchange with Mei" in shown.err and "tulip" not in shown.out + shown.err


def test_mistakes_in_the_file_are_told(tmp_path: Path) -> None:
    path = tmp_path / "released.yaml"
    path.write_text("released:\n  pal:\n  - {they: a, i: b}\n")
    with pytest.raises(ConfigError, match="'pal' is not one of partner, parent"):
        load_released(path)
    path.write_text("released:\n  friend:\n  - {they: a}\n")
    with pytest.raises(ConfigError, match=r"released.yaml:3: .*i"):
        load_released(path)
    assert load_released(tmp_path / "none.yaml") == {}


def test_the_doctor_counts_them_and_finds_a_mistake(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_released(root / "released.yaml", {"friend": (Exchange("a", "b"),)})
    main(["-w", str(root), "doctor"])
    assert "1 exchange that others may see" in capsys.readouterr().out
    (root / "released.yaml").write_text("released: {pal: []}\n")
    main(["-w", str(root), "doctor"])
    assert "'pal' is not one of" in capsys.readouterr().out


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    released = {"elder": (Exchange("# a: b\nc", "- d\n\n'e'"),), "friend": (Exchange("“f” ", '"g"', "mei"),)}
    save_released(tmp_path / "released.yaml", released)
    assert load_released(tmp_path / "released.yaml") == {
        "elder": released["elder"],
        "friend": (Exchange("“f”", '"g"', "mei"),),
    }
