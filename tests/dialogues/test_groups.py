"""A group becomes dialogues in which every message is a decision, and only those that say something count."""

from datetime import date

from bot.chat.prompt import render
from tests.dialogues.log import Log, shown
from training.data.dialogues import Dialogue, decision_points
from training.data.splits import Splits


def decisions(log: Log, dialogue: Dialogue) -> list[tuple[str, bool]]:
    """What was decided on, and whether it was answered."""
    points = decision_points(dialogue, render(dialogue.scene, dialogue.turns, log.codec))
    return [(dialogue.turns[point.turn].bubbles[0].text, point.answered) for point in points]


def test_every_message_is_a_decision(log: Log) -> None:
    log.group(
        "18:00 Tom: who knows lamps?",
        "18:01 Nora: me",
        "18:02 Tom: good",
        "18:02:30 Mei: I like the red one",
        "18:03 Nora: me too",
        "18:03:10 Nora: it is warm",
        "18:04 Tom: bye",
    )
    (dialogue,) = log.dialogues()
    assert shown(dialogue.turns) == [
        "Tom: who knows lamps?",
        "me: me",
        "Tom: good",
        "Mei: I like the red one",
        "me: me too / it is warm",
        "Tom: bye",
    ]
    assert decisions(log, dialogue) == [
        ("who knows lamps?", True),
        ("good", False),
        ("I like the red one", True),
        ("bye", False),
    ]
    assert log.counts["decisions: answered"] == 2
    assert log.counts["decisions: silent"] == 2


def test_decisions_stand_where_the_turn_begins(log: Log) -> None:
    log.group("18:00 Tom: who?", "18:01 Nora: me", "18:02 Tom: good")
    (dialogue,) = log.dialogues()
    prompt = render(dialogue.scene, dialogue.turns, log.codec)
    answered, silent = decision_points(dialogue, prompt)
    assert log.codec.decode(list(prompt.ids[answered.position : answered.position + 2])) == "me"
    assert prompt.ids[silent.position] == log.codec.end_of_turn
    assert [point.message for point in (answered, silent)] == [dialogue.messages[0], dialogue.messages[2]]


def test_silence_while_asleep_or_away_says_nothing(log: Log) -> None:
    log.group(
        "9:00 Tom: asleep?",
        "9:31 Tom: soon awake?",
        "10:00 Nora: morning",
        "10:50 Tom: still there?",
        "11:30 Tom: no?",
        "12:25 Tom: gone",
    )
    found = [decision for dialogue in log.dialogues() for decision in decisions(log, dialogue)]
    assert found == [("soon awake?", True), ("still there?", False)]
    assert log.counts["decisions left out: the subject was away"] == 3


def test_a_bot_is_heard_but_nothing_is_decided_about_it(log: Log) -> None:
    log.group("18:00 Tom: !rules", "18:00:05 HelpBot: be kind", "18:01 Nora: always", "18:02 HelpBot: ping")
    (dialogue,) = log.dialogues()
    assert decisions(log, dialogue) == [("!rules", False)]
    assert "me: always" in shown(dialogue.turns), "what the subject said is learnt all the same"
    assert log.counts["decisions left out: at a bot's message"] == 2


def test_an_answer_that_cannot_be_learnt_is_not_called_silence(log: Log) -> None:
    log.group(
        "18:00 Tom: show us",
        "18:01 Nora: <photo>",
        "18:02 Tom: wow",
        "18:03 Tom: and the red one?",
        "18:04 Nora: <photo>",
        "18:04:10 Nora: here",
    )
    (dialogue,) = log.dialogues()
    assert decisions(log, dialogue) == [("wow", False), ("and the red one?", True)]
    assert log.counts["decisions left out: answered with what cannot be learnt"] == 1


def test_speaking_up_after_a_pause_is_learnt_but_answers_nothing(log: Log) -> None:
    log.group("18:00 Tom: a", "18:01 Nora: b", "18:02 Tom: c", "19:10 Nora: by the way", "19:11 Tom: d")
    first, second = log.dialogues()
    assert decisions(log, first) == [("a", True), ("c", False)]
    assert shown(second.turns[second.context :])[0] == "me: by the way"
    assert decisions(log, second) == [("d", False)]


def test_hours_without_the_subject_are_not_read(log: Log) -> None:
    chatter = [f"{hour}:{minute:02} Tom: message" for hour in range(12, 16) for minute in range(0, 60, 5)]
    log.group("10:00 Tom: hi", "10:01 Nora: hi", *chatter, "16:01 Tom: Nora?", "16:02 Nora: yes")
    first, second = log.dialogues()
    assert shown(first.turns) == ["Tom: hi", "me: hi"]
    assert second.context == 8
    assert shown(second.turns[8:]) == ["Tom: message"] * 6 + ["Tom: Nora?", "me: yes"], "from half an hour before"
    assert [answered for _, answered in decisions(log, second)] == [False] * 5 + [True]


def test_long_talk_is_cut_to_the_length_and_goes_on_with_context(log: Log) -> None:
    lines = []
    for minute in range(40):
        lines += [f"18:{minute:02} Tom: question {minute}", f"18:{minute:02}:30 Nora: answer {minute}"]
    log.group(*lines)
    dialogues = log.dialogues(max_tokens=900, carried=4)
    assert len(dialogues) >= 3
    own = [text for dialogue in dialogues for text in shown(dialogue.turns[dialogue.context :])]
    assert own == [line.split(" ", 1)[1].replace("Nora", "me") for line in lines], "each turn is learnt exactly once"
    for dialogue in dialogues:
        assert len(render(dialogue.scene, dialogue.turns, log.codec).ids) <= 900
        assert dialogue.turns[dialogue.context].speaker is not None, "a message and its answer stay together"
    assert [dialogue.context for dialogue in dialogues[1:]] == [4] * (len(dialogues) - 1)
    assert len(dialogues[1].turns) > 10, "the length is used"


def test_what_is_longer_than_the_model_is_counted(log: Log) -> None:
    log.group("18:00 Tom: a", "18:01 Nora: b", "18:02 Tom: " + "x" * 390, "18:03 Nora: " + "y" * 390, "18:04 Tom: c")
    dialogues = log.dialogues(max_tokens=700)
    assert all(len(render(one.scene, one.turns, log.codec).ids) <= 700 for one in dialogues)
    assert log.counts["messages and answers left out: longer than the model's length"] == 1


def test_no_dialogue_spans_two_splits(log: Log) -> None:
    log.group("3/2 23:58 Tom: a", "23:59 Nora: b", "3/3 0:01 Tom: c", "0:02 Nora: d", "3/4 0:01 Tom: e", "0:02 Nora: f")
    days = [date(2026, 3, day) for day in (2, 3, 4)]
    apart = log.dialogues(splits=Splits.of(days))
    measured = [(days[1], 2), (days[2], 4)]  # with what was said before, as when the avatar runs
    assert [(dialogue.day, dialogue.context) for dialogue in apart] == [(days[0], 0), *measured]
    together = log.dialogues()
    assert [(dialogue.day, dialogue.context) for dialogue in together] == [(days[0], 0), (days[2], 4)]
