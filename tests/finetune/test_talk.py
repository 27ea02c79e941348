"""The recipe that teaches a first LoRA how people talk: from a file of talks to the weights that ship."""

import gzip
import json
from pathlib import Path

import pytest

from bot.chat.prompt import Codec, render
from bot.errors import DataError
from bot.media import MediaStore
from tests.support import byte_codec
from training.data.dialogues import Dialogue
from training.recipes.talk.conversations import read_talks
from training.recipes.talk.courses import COURSES

TOLD = [
    [7, [["2018-05-05T21:01:14Z", "are you coming?"], ["2018-05-05T21:01:20Z", "call 07700 900123"]]],
    [12, [["2018-05-05T21:02:38Z", "yes"]]],
    [7, [["2018-05-06T09:00:00Z", " "]]],
    [7, [["2018-05-06T09:00:01Z", "good"]]],
]


@pytest.fixture
def codec(tmp_path: Path) -> Codec:
    return byte_codec(MediaStore(tmp_path / "media"))


def put(folder: Path, *talks: object) -> Path:
    path = folder / "talks.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"start": "", "turns": talk}) + "\n" for talk in talks)
    return path


def spoken(dialogue: Dialogue) -> list[tuple[str, str]]:
    return [
        ("own" if turn.speaker is None else "other", bubble.text) for turn in dialogue.turns for bubble in turn.bubbles
    ]


def test_one_of_the_two_is_learnt_from_under_a_name_made_up(tmp_path: Path, codec: Codec) -> None:
    seen = set()
    for [dialogue] in read_talks(put(tmp_path, *[TOLD] * 20), codec, 2000, 0):
        said = spoken(dialogue)
        assert said[0][1] == "are you coming?" and said[-1][1] == "good"
        assert [who for who, _ in said] in (["own", "own", "other", "own"], ["other", "other", "own", "other"])
        assert "900123" not in said[1][1], "what could be somebody's is replaced"
        seen.add((dialogue.scene.persona.name, said[0][0]))
    assert len(seen) > 10


def test_a_long_talk_is_cut_and_goes_on_where_it_was(tmp_path: Path, codec: Codec) -> None:
    talk = [[number % 2, [[f"2018-05-05T21:{number:02}:00Z", f"message {number} " + "x" * 40]]] for number in range(50)]
    [dialogues] = read_talks(put(tmp_path, talk), codec, 1200, 0)
    assert len(dialogues) > 2
    learnt = [text for one in dialogues for _, text in spoken(one)[one.context :]]
    assert [text.split()[1] for text in learnt] == [str(number) for number in range(50)], "each once"
    for one in dialogues:
        assert len(render(one.scene, one.turns, codec).ids) <= 1200
    assert all(one.context == 6 for one in dialogues[1:])


def test_however_much_is_said_it_fits(tmp_path: Path, codec: Codec) -> None:
    """Of a long message the beginning is shown, as everywhere; a turn of too many is left out."""
    long = [[person, [["2018-05-05T22:00:00Z", "far too long " * 800]]] for person in (7, 12)]
    many = [7, [["2018-05-05T23:00:00Z", "one of too many"]] * 200]
    for dialogues in read_talks(put(tmp_path, *[[*TOLD, *long, many, *TOLD]] * 4), codec, 1200, 0):
        said = [text for one in dialogues for _, text in spoken(one)]
        assert sum(text.startswith("far too long") for text in said) >= 2 and said.count("good") >= 2
        assert "one of too many" not in said
        assert all(len(render(one.scene, one.turns, codec).ids) <= 1200 for one in dialogues)


def test_another_file_is_refused_in_a_sentence(tmp_path: Path, codec: Codec) -> None:
    path = tmp_path / "talks.jsonl.gz"
    for content in (b"no gzip", gzip.compress(b"{}\n"), gzip.compress(b'{"turns": [[1]]}\n')):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"talks\.jsonl\.gz cannot be read as a file of talks"):
            list(read_talks(path, codec, 1000, 0))
    path.write_bytes(b"")
    assert list(read_talks(path, codec, 1000, 0)) == []


def test_whose_words_it_learnt_from_is_told_beside_it() -> None:
    shipped = [course for course in COURSES.values() if course.target.is_file()]
    assert shipped
    for course in shipped:
        assert course.target.with_suffix(".NOTICE").read_text("utf-8") == course.notice
        assert course.target.stat().st_size <= 15_000_000


def test_each_base_model_learns_from_its_own_language() -> None:
    english, chinese = COURSES["embedded-en"], COURSES["embedded-zh"]
    assert english.preset.name != chinese.preset.name, "by it a finished run is told apart"
    assert english.target != chinese.target and "Xpersona" in chinese.notice and "KdConv" in chinese.notice
    assert english.goes_on and not chinese.goes_on, "whose eyes have learnt nothing"
