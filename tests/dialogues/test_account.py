"""Every message of the subject is accounted for; a dialogue is printed as the model sees it."""

from collections import Counter

from bot.message import ChatKind
from bot.persona import Persona
from tests.dialogues.log import ALL_TRAIN, PEOPLE, Log
from training.data.account import ChatAccount
from training.data.cutting import build
from training.data.dialogues import Dialogue, DialogueSettings
from training.data.shown import Mark, parts
from training.data.splits import Split


def accounts(log: Log, tokens: int = 400) -> tuple[dict[str, ChatAccount], list[Dialogue]]:
    found: list[ChatAccount] = []
    settings = DialogueSettings(max_tokens=tokens, served=tokens)
    dialogues = build(log.corpus(), PEOPLE, Persona("Nora"), log.codec, settings, ALL_TRAIN, Counter(), accounts=found)
    return {one.title: one for one in found}, dialogues


def test_all_that_was_written_is_learnt_or_has_a_reason(log: Log) -> None:
    log.private(
        "Mei",
        "3/2 18:00 Mei: are you coming?",
        "18:01 Nora: yes",
        "18:01 Nora: in ten",
        "18:02 Nora: <voice>",
        "18:03 Nora: <forward> read this",
        "3/3 9:00 Nora: morning",
    )
    log.private("Tom", "3/4 9:00 Nora: anybody?")
    log.private("Gran", "3/5 9:00 Gran: tell me", "9:01 Nora: " + "long " * 200, "9:05 Gran: thanks", "9:06 Nora: ok")
    found, _ = accounts(log)
    mei, tom, gran = found["Mei"], found["Tom"], found["Grandma"]
    assert (mei.messages, mei.own, mei.kept[Split.TRAIN]) == (6, 5, 3)
    assert mei.lost == {"voice": 1, "forwarded": 1}
    assert (tom.own, sum(tom.kept.values()), tom.lost) == (1, 0, {"nobody to answer, or nothing to learn": 1})
    assert gran.lost == {"longer than the model's length": 1} and gran.kept[Split.TRAIN] == 1
    for one in found.values():
        assert one.own == sum(one.kept.values()) + sum(one.lost.values())
    assert mei.kind is ChatKind.PRIVATE


def test_a_dialogue_is_shown_with_what_is_learnt_and_decided(log: Log) -> None:
    log.group("3/2 18:00 Tom: hello all", "18:01 Mei: Nora?", "18:02 Nora: here", "18:03 Tom: lamps again")
    _, [dialogue] = accounts(log)
    shown = list(parts(dialogue, log.codec))
    learnt = [part.text for part in shown if part.mark is Mark.LEARNT]
    assert learnt == ["<|im_end|>", "here<|im_end|>", "<|im_end|>"], "a silence ends before it begins"
    labels = [part.mark for part in shown if part.mark in (Mark.ANSWERED, Mark.SILENT)]
    assert labels == [Mark.SILENT, Mark.ANSWERED, Mark.SILENT]
    text = "".join(part.text for part in shown)
    assert text.index("hello all") < text.index("Nora?") < text.index("here") < text.index("lamps again")
    before = next(number for number, part in enumerate(shown) if part.mark is Mark.ANSWERED)
    assert shown[before + 1].text.startswith("here")
