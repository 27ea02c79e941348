"""Panel C's pictures: what stands in for a photo, and respondents that see and that do not."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageChops

import training
from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import render
from bot.config import SamplingConfig
from bot.engine.describe import Family
from bot.engine.models import load
from bot.message import ChatKind
from tests.evaluation.conftest import Opened
from tests.evaluation.diary import MEI, Teller, diary, plain
from tests.support import byte_codec, picture
from training.data.splits import Split
from training.evaluation.asking.model_respondent import ModelRespondent
from training.evaluation.data import EvaluationData
from training.evaluation.limits import FULL, QUICK
from training.evaluation.opened import ModelUnderTest
from training.evaluation.panel import Kind
from training.evaluation.panels.context import pictures
from training.evaluation.panels.context.panel import panel
from training.evaluation.panels.context.pictures import StandIns, blank, other
from training.evaluation.panels.context.trials import pairs, read
from training.evaluation.respondent import Bubbles, Respondents

BASE = Teller("base", plain)
AT = datetime(2026, 3, 1, tzinfo=UTC)


def photo(number: int) -> str:
    """The photo beside question `number` shows what the question is about; every number is another photo."""
    return f"{number % 12}-{number}"


def sees(scene: Scene, turns: Sequence[Turn], said: Bubbles) -> float:
    """Finds her words likelier with the photo that she really saw."""
    seen = [one for bubble in turns[-1].bubbles for one in bubble.photos if ":" not in one]
    return plain(scene, turns, said) - 4.0 * len(seen)


@pytest.fixture(scope="module")
def data() -> EvaluationData:
    return diary(photo=photo)


def test_one_that_sees_passes_and_a_blind_one_does_not(data: EvaluationData) -> None:
    found = panel(data, Respondents(BASE, Teller("echo", sees)), FULL)
    rows = {row.kind: row.values for row in found.rows if row.values}
    assert rows[Kind.AVATAR]["picture_swapped"].number == rows[Kind.AVATAR]["picture_blank"].number == 1.0
    assert rows[Kind.BASE]["picture_swapped"].number == 0.5
    assert rows[Kind.SHUFFLED]["picture_swapped"].number == 0.5
    assert found.verdicts()["picture_swapped"] is found.verdicts()["picture_blank"] is True
    assert "picture_caption" not in rows[Kind.AVATAR], "nobody knows what they show"
    blind = panel(data, Respondents(BASE, BASE), FULL).verdicts()
    assert blind["picture_swapped"] is blind["picture_blank"] is False


def test_few_photos_give_numbers_but_no_verdict(data: EvaluationData) -> None:
    few = {photo(number) for number in range(84, 88)}
    dialogues = {
        split: tuple(replace(one, turns=tuple(without(turn, few) for turn in one.turns)) for one in found)
        for split, found in data.dialogues.items()
    }
    found = panel(replace(data, dialogues=dialogues), Respondents(BASE, Teller("echo", sees)), FULL)
    avatar = found.row(Kind.AVATAR)
    assert avatar is not None
    assert avatar.values["picture_swapped"].number == 1.0
    assert "picture_swapped" not in found.verdicts()
    assert "Pictures: Nora answered 8 photos on days that were not learnt; 20 are needed." in found.findings


def without(turn: Turn, kept: set[str]) -> Turn:
    bubbles = tuple(replace(one, photos=tuple(p for p in one.photos if p in kept)) for one in turn.bubbles)
    return replace(turn, bubbles=bubbles)


def test_a_quick_look_asks_for_fewer_but_counts_all(data: EvaluationData) -> None:
    respondent = Teller("echo", sees)
    found = panel(data, Respondents(BASE, respondent), QUICK)
    assert found.verdicts()["picture_swapped"] is True
    assert sum(one.turns[-1].bubbles[0].photos[0].startswith("blank:") for one in respondent.asked) == QUICK.swapped


def test_captions_stand_where_the_photo_stood(data: EvaluationData) -> None:
    items = pictures.photo_replies(data, {})[:2]
    captions = {photo: f"a thing, {photo}" for item in items[:1] for photo in item.digests}
    respondent = Teller("echo", plain)
    trials = pictures.trials(items, captions, "en")
    found = pairs(trials, read(respondent, trials), pictures.COMPARED)
    (digest,) = items[0].digests
    last = respondent.asked[-1].turns[-1].bubbles[0]
    assert last.photos == ()
    assert last.text.startswith(f"[photo: a thing, {digest}] hey, what about")
    assert len(found["picture_caption"]) == 1
    assert len(found["picture_swapped"]) == len(found["picture_blank"]) == 2


def test_the_others_show_something_else(data: EvaluationData) -> None:
    found = pictures.photo_replies(data, {photo(number): str(number % 12) for number in range(100)})
    assert len(found) == 40
    for item in found:
        (own,) = item.digests
        assert len({own.split("-")[0], *(one.split("-")[0] for one in item.others)}) >= 2
        assert own.split("-")[0] not in {one.split("-")[0] for one in item.others}
    assert found == pictures.photo_replies(data, {photo(number): str(number % 12) for number in range(100)})


def test_in_a_group_a_photo_counts_until_she_has_spoken(data: EvaluationData) -> None:
    dialogue = data.dialogues[Split.TEST][0]
    (asked, answered, again, last) = dialogue.turns
    chatter = [Turn(MEI, (Bubble("look"),), answered.at)] * 2
    scene = Scene(data.persona, ChatKind.GROUP)
    group = replace(
        dialogue,
        scene=scene,
        turns=(asked, *chatter, answered, without(again, set()), last),
        counted=(True,) * 6,
        messages=tuple(range(6)),
    )
    found = pictures.photo_replies(replace(data, dialogues={**data.dialogues, Split.TEST: (group,)}), {})
    first = found[0]
    assert len(first.occasion.question.turns) == 3
    changed = first.question(lambda bubble: Bubble("gone"))
    assert [turn.bubbles[0].text for turn in changed.turns] == ["gone", "look", "look"]
    assert sum(item.occasion.chat == dialogue.chat and item.occasion.day == dialogue.day for item in found) == 1


@pytest.fixture
def store(tmp_path: Path) -> tuple[StandIns, str, str]:
    store = StandIns(tmp_path)
    return store, store.put(picture("red", (96, 48))), store.put(picture("blue", (40, 80)))


def test_stand_ins_are_as_large_as_the_photo(store: tuple[StandIns, str, str]) -> None:
    media, red, blue = store
    assert media.open(red).getpixel((0, 0)) == (255, 0, 0)
    assert media.open(blank(red)).size == media.open(other(blue, red)).size == (96, 48)
    assert media.open(blank(red)).getcolors() == [(96 * 48, (128, 128, 128))]
    assert not ImageChops.difference(media.open(other(blue, red)), Image.new("RGB", (96, 48), "blue")).getbbox()
    assert sum(path.is_file() for path in media.root.rglob("*")) == 2, "nothing is written"


def test_their_prompts_differ_in_nothing_but_the_photo(store: tuple[StandIns, str, str]) -> None:
    media, red, blue = store
    codec = byte_codec(media)
    prompts = [
        render(Scene(diary(4).persona, ChatKind.PRIVATE), (Turn(Speaker(), (Bubble("", (one,)),), AT),), codec)
        for one in (red, blank(red), other(blue, red))
    ]
    assert len({prompt.ids for prompt in prompts}) == 1
    assert len({prompt.photos[0].grid for prompt in prompts}) == 1
    assert len({prompt.photos[0].digest for prompt in prompts}) == 3


def test_a_real_model_reads_them(store: tuple[StandIns, str, str], models: dict[Family, Path], opened: Opened) -> None:
    media, red, blue = store
    loaded = load(str(models["qwen2_5_vl"]), "cpu", "float32")
    respondent = ModelRespondent("base", ModelUnderTest(opened(loaded, media), SamplingConfig(), None), None)
    data = diary(4, photo=lambda _: red)
    (dialogue, *_) = data.dialogues[Split.TEST]
    nats = []
    for one in (red, blank(red), other(blue, red)):
        turns = tuple(
            replace(turn, bubbles=tuple(shows(bubble, one) for bubble in turn.bubbles)) for turn in dialogue.turns
        )
        nats.append(respondent.score([replace(dialogue, turns=turns)])[0].replies[0].nats)
    assert len({round(one, 6) for one in nats}) == 3


def shows(bubble: Bubble, digest: str) -> Bubble:
    return replace(bubble, photos=(digest,) * len(bubble.photos))


def test_what_the_sample_shows_is_known() -> None:
    captions = pictures.sample_captions()
    assert {"noodles", "two dishes", "cat box"} <= set(captions.values())
    root = Path(training.__file__).parent / "sample"
    path = next(root.glob("en/**/photo_1@10-02-2025_12-31-39.png"))
    assert captions[hashlib.sha256(path.read_bytes()).hexdigest()] == "two dishes"
