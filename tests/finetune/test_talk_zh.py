"""Chinese conversations without names and times: what private chats the recipe makes of them, and what it teaches."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from bot.chat.prompt import Codec, render
from bot.engine.describe import Family
from bot.errors import DataError, UsageError
from bot.media import MediaStore
from tests.support import byte_codec
from training.data.dialogues import Dialogue
from training.recipes.talk import work
from training.recipes.talk.chinese import read_chinese
from training.recipes.talk.courses import COURSES

TOLD = ["你好 。我叫陈大山。您呢？", "叫我小路就好。陈大山这名字真好记。今天忙吗？", "不忙。刚遛完狗。", "真好。"]


@pytest.fixture
def codec(tmp_path: Path) -> Codec:
    return byte_codec(MediaStore(tmp_path / "media"))


def put(folder: Path, *talks: list[str]) -> Path:
    path = folder / "talks.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"domain": "life", "turns": talk}, ensure_ascii=False) + "\n" for talk in talks)
    return path


def said(dialogue: Dialogue, number: int) -> list[str]:
    return [bubble.text for bubble in dialogue.turns[number].bubbles]


def test_two_made_up_people_talk_in_their_own_ways(tmp_path: Path, codec: Codec) -> None:
    splits, stops, subjects = set(), set(), set()
    for [one] in read_chinese(put(tmp_path, *[TOLD] * 60), codec, 2000, 0):
        own, other = one.scene.persona.name, one.scene.partner.name
        assert own != other and one.scene.persona.language == "zh"
        names = [own if turn.speaker is None else other for turn in one.turns]
        assert names[0] != names[1] and names[:2] == names[2:], "they take turns"
        subjects.add(one.turns[0].speaker is None)
        first = "".join(said(one, 0))
        assert f"我叫{names[0]}" in first and "您" not in first and " " not in first
        assert f"{names[0]}这名字" in "".join(said(one, 1)), (
            "who was called by a name told is called by the made-up one"
        )
        assert said(one, 0)[-1].endswith("？"), "what is asked is still asked"
        splits.add((len(said(one, 0)), len(said(one, 2))))
        stops.add((said(one, 2)[-1][-1] == "。", said(one, 3)[-1][-1] == "。"))
        every = [turn.at for turn in one.turns]
        assert every == sorted(every) and every[0].date() == one.day
        assert datetime(2016, 1, 1, tzinfo=UTC) <= every[0] and (every[-1] - every[0]).total_seconds() < 7200
    assert len(subjects) == 2 and {(1, 1), (3, 2)} <= splits and len(stops) == 4


def test_somebody_who_ends_messages_with_a_stop_always_does(tmp_path: Path, codec: Codec) -> None:
    talk = [f"第{number}件事。很好。" for number in range(12)]
    for [one] in read_chinese(put(tmp_path, *[talk] * 20), codec, 4000, 0):
        for speaker in (0, 1):
            ends = {text[-1] == "。" for number in range(speaker, 12, 2) for text in said(one, number)}
            assert len(ends) == 1


def test_the_same_seed_makes_the_same_talks(tmp_path: Path, codec: Codec) -> None:
    path = put(tmp_path, *[TOLD] * 8)
    first, again, other = (list(read_chinese(path, codec, 2000, seed)) for seed in (0, 0, 1))
    assert first == again != other


def test_a_paragraph_is_left_out_and_what_comes_after_is_another_talk(tmp_path: Path, codec: Codec) -> None:
    for dialogues in read_chinese(put(tmp_path, *[[*TOLD, "很久以前" * 20, *TOLD]] * 8), codec, 2000, 0):
        assert len(dialogues) == 2 and all(len(one.turns) == 4 for one in dialogues)
        assert not any("很久以前" in text for one in dialogues for place in range(4) for text in said(one, place))


def test_however_long_it_fits(tmp_path: Path, codec: Codec) -> None:
    [dialogues] = read_chinese(put(tmp_path, TOLD * 12), codec, 1200, 0)
    assert len(dialogues) > 2 and all(len(render(one.scene, one.turns, codec).ids) <= 1200 for one in dialogues)


def test_talks_in_another_form_are_refused_in_a_sentence(tmp_path: Path, codec: Codec) -> None:
    path = tmp_path / "talks.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"turns": [[1, [["2018-05-05T21:01:14Z", "hello"]]]]}\n'))
    with pytest.raises(DataError, match=r"talks\.jsonl\.gz cannot be read as a file of talks"):
        list(read_chinese(path, codec, 1000, 0))


def test_it_learns_goes_on_and_exports_what_a_lora_begins_from(
    tmp_path: Path, models: dict[Family, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a tiny model in the place of the Chinese one."""
    torch.set_num_threads(1)
    course = COURSES["embedded-zh"]
    target = tmp_path / "first.safetensors"
    course = replace(course, base=str(models["qwen2_5_vl"]), target=target)
    monkeypatch.setattr(work, "COURSES", {course.base: course})
    folder, talks = tmp_path / "work", [put(tmp_path, *[TOLD] * 70)]
    with pytest.raises(UsageError, match="holds no weights"):
        work.export(folder)
    work.train(course, talks, folder, 1500)
    assert "nats a token of talks not learnt" in (told := capsys.readouterr().out)
    work.train(course, talks, folder, 1500)
    assert capsys.readouterr().out == told, "it is finished, and nothing is learnt again"
    assert work.export(folder) == target and target.with_suffix(".NOTICE").read_text("utf-8") == course.notice
    exported = load_file(target)
    assert {value.dtype for value in exported.values()} == {torch.bfloat16}
    assert {value.shape[0] for name, value in exported.items() if "lora_A" in name} == {8}
    assert any(value.any() for name, value in exported.items() if "lora_B" in name)
