"""What a preset can switch off: packed dialogues, natural silences, bubbles; and a run as long as its tokens."""

import json
import math
import random
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.decision import Calibration
from bot.chat.prompt import Codec
from bot.cli import main
from bot.errors import UsageError
from bot.media import MediaStore
from bot.workspace import Workspace
from tests.finetune.test_samples import MEI, TOM, decisions, learnt, talk
from tests.finetune.test_train import QUICK, Listener, same, weights_of
from tests.support import byte_codec, picture
from training.calibration import Fitted, Inputs, told
from training.finetune import PRESETS, TrainSettings, train
from training.finetune.epoch import answers, balanced, correction, epoch_of
from training.finetune.presets import Preset
from training.finetune.samples import apart, sample_of, samples_of

TUNED = PRESETS["tuned"]
PLAIN = replace(TUNED, name_dropout=0.0, relationship_dropout=0.0, quiet_share=1.0)


@pytest.fixture
def media(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path)


@pytest.fixture
def codec(media: MediaStore) -> Codec:
    return byte_codec(media)


def test_a_ranking_that_no_day_could_show_is_not_called_a_half() -> None:
    found = told(Fitted(Calibration(), Inputs.FEATURES, {Inputs.FEATURES: math.nan, Inputs.WIDER: 0.5}, 20, 10, 2))
    assert found["ranking (AUROC) of features"] == "not measured"
    assert "0.500" in found.values()


def test_apart_every_turn_has_its_own_context_and_nothing_is_lost(codec: Codec) -> None:
    said = (
        (TOM, "old"),
        (TOM, "hi all"),
        (MEI, "Nora?"),
        (None, "yes/here"),
        (TOM, "ok"),
        (MEI, "lamps?"),
        (None, "me"),
    )
    whole = sample_of(talk(*said, context=1), codec)
    parts = apart(whole)
    assert [learnt(part, codec) for part in parts] == [[], ["yes\nhere"], [], ["me"]]
    assert [decisions(part) for part in parts] == [[0], [1], [0], [1]]
    assert [place for part in parts for place in part.places] == list(whole.places)
    for part in parts:
        assert part.ids == whole.ids[: part.places[-1].at + 1], "what comes after is not read"


def test_apart_a_photo_stays_with_those_who_saw_it(codec: Codec, media: MediaStore) -> None:
    dialogue = talk((MEI, "hi"), (None, "hello"), (MEI, "look"), (None, "nice"), group=False)
    shown = replace(dialogue.turns[2].bubbles[0], photos=(media.put(picture("red")),))
    turns = (*dialogue.turns[:2], replace(dialogue.turns[2], bubbles=(shown,)), dialogue.turns[3])
    before, after = apart(sample_of(replace(dialogue, turns=turns), codec))
    assert not before.photos and len(after.photos) == 1


def test_balanced_there_are_as_many_silences_as_answers(codec: Codec) -> None:
    quiet = sample_of(talk((TOM, "a"), (TOM, "b"), (TOM, "c")), codec)
    lively = sample_of(talk((TOM, "Nora?"), (None, "yes"), (TOM, "ok")), codec)
    chosen = balanced([quiet] * 40 + [lively] * 20, random.Random(0))
    assert answers(chosen) == 20 and sum(sample.decisions for sample in chosen) == 40
    assert all(sample.places for sample in chosen) and len(chosen) < 60, "nothing is read for nothing"
    assert sum(sample.texts for sample in chosen) == 20 * lively.texts
    assert balanced([quiet], random.Random(0)) == []
    private = sample_of(talk((MEI, "hi"), (None, "hello"), group=False), codec)
    assert balanced([private], random.Random(0)) == [private]


def test_balanced_what_weighs_more_is_drawn_the_more(codec: Codec) -> None:
    light = sample_of(talk((TOM, "a")), codec)
    heavy = replace(sample_of(talk((MEI, "b")), codec), weight=4.0)
    lively = sample_of(talk((TOM, "Nora?"), (None, "yes")), codec)
    chosen = balanced([light] * 400 + [heavy] * 400 + [lively] * 100, random.Random(0))
    drawn = sum(sample.ids == heavy.ids for sample in chosen)
    assert 70 <= drawn <= 90 and {sample.weight for sample in chosen} == {1.0}


def test_the_correction_brings_the_prior_back(codec: Codec) -> None:
    samples = [sample_of(talk((TOM, "a"), (TOM, "b"), (TOM, "c"), (TOM, "Nora?"), (None, "yes")), codec)]
    even = replace(PLAIN, negatives="balanced")
    assert correction(samples, even) == pytest.approx(math.log(1 / 3))
    assert correction(samples, PLAIN) == 0
    talkative = [sample_of(talk((TOM, "Nora?"), (None, "yes")), codec)]
    assert correction(talkative, even) == 0, "no silence was left out"


def test_joined_bubbles_are_one_line(codec: Codec) -> None:
    dialogue = talk((MEI, "hi/there"), (None, "hello/you"), group=False)
    (sample,) = samples_of([dialogue], codec, bubbles=False)
    assert learnt(sample, codec) == ["hello you"]
    assert "hi\nthere" in codec.decode(list(sample.ids)), "others write as they do"


@pytest.mark.parametrize(
    "preset",
    [replace(PLAIN, packed=False), replace(PLAIN, negatives="balanced"), replace(PLAIN, bubbles=False)],
    ids=["apart", "balanced", "joined"],
)
def test_an_epoch_follows_the_switches(codec: Codec, preset: Preset) -> None:
    said = ((TOM, "a"), (MEI, "b"), (MEI, "Nora?"), (None, "yes/me"), (TOM, "c"))
    dialogues = [talk(*said)] * 3
    plain, epoch = (epoch_of(dialogues, codec, one, 0, 0) for one in (PLAIN, preset))
    assert sum(sample.texts for sample in epoch.samples) == sum(sample.texts for sample in plain.samples)
    assert len(epoch.samples) == (12 if not preset.packed else 3)
    assert sum(sample.decisions for sample in epoch.samples) == (6 if preset.negatives == "balanced" else 12)
    lines = {text for sample in epoch.samples for text in learnt(sample, codec)}
    assert lines == ({"yes\nme"} if preset.bubbles else {"yes me"})


def test_a_run_ends_with_its_tokens_whatever_the_epochs(workspace: Workspace) -> None:
    listener = Listener()
    folder = train(workspace, replace(QUICK, tokens=30_000), listener)
    place = json.loads((folder / "training.json").read_text("utf-8"))["position"]
    assert 30_000 <= place["tokens"] < 30_000 + 2 * QUICK.preset.batch_tokens
    assert place["epoch"] != QUICK.preset.epochs
    fractions = [one.fraction for one in listener.seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert fractions[len(fractions) // 2] == pytest.approx(0.5, abs=0.1)


def test_an_interrupted_run_goes_on_to_the_same_tokens(
    tmp_path: Path, workspace: Workspace, imported: Workspace
) -> None:
    def stop(step: int) -> None:
        if step == 5:
            raise KeyboardInterrupt

    settings = replace(QUICK, name="counted", tokens=12_000, checkpoint_seconds=0)
    whole = train(imported, settings)
    with pytest.raises(KeyboardInterrupt):
        train(workspace, settings, Listener(stop))
    assert same(weights_of(whole), weights_of(train(workspace, settings)))


def test_no_tokens_are_no_run(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="--tokens"):
        TrainSettings(tokens=0)
    assert main(["-w", str(workspace.root), "train", "--tokens", "3000", "--name", "short"]) == 0
    assert "short" in capsys.readouterr().out


def test_every_switch_off_a_lora_still_comes_out(workspace: Workspace) -> None:
    preset = replace(TUNED, packed=False, negatives="balanced", bubbles=False, epochs=1)
    folder = train(workspace, TrainSettings(preset, "off"))
    curve = json.loads((folder / "training.json").read_text("utf-8"))["position"]["held_out"]
    assert curve[-1]["text"] < curve[0]["text"]
    card = (folder / "card.md").read_text("utf-8")
    assert "| packed | False |" in card and "| negatives | balanced |" in card and "| bubbles | False |" in card
