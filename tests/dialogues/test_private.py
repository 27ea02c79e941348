"""A private chat becomes dialogues: bursts are turns, and nothing that can be learnt is lost."""

from datetime import date, timedelta

from bot.chat.prompt import render
from bot.persona import Persona
from tests.dialogues.log import Log, shown
from training.data.dialogues import decision_points


def test_bursts_are_turns_and_bubbles_are_kept(log: Log) -> None:
    log.private(
        "Mei",
        "18:00 Mei: hey",
        "18:00:10 Mei: lunch?",
        "18:01 Nora: yesss",
        "18:01:05 Nora: noodles",
        "18:05 Mei: ok",
        "18:06 Nora: byeee",
    )
    (dialogue,) = log.dialogues()
    assert shown(dialogue.turns) == ["Mei: hey / lunch?", "me: yesss / noodles", "Mei: ok", "me: byeee"]
    assert dialogue.scene.partner.relationship == "friend"
    assert dialogue.context == 0
    assert dialogue.day == date(2026, 3, 2)
    assert not any(dialogue.counted), "in private there is nothing to decide"
    assert decision_points(dialogue, render(dialogue.scene, dialogue.turns, log.codec)) == []


def test_a_long_silence_ends_a_dialogue_and_what_was_said_before_is_carried_over(log: Log) -> None:
    log.private(
        "Mei",
        "18:00 Mei: lunch?",
        "18:01 Nora: yes",
        "20:00 Mei: that was good",
        "20:01 Nora: it was",
    )
    first, second = log.dialogues()
    assert shown(first.turns) == ["Mei: lunch?", "me: yes"]
    assert shown(second.turns) == ["Mei: lunch?", "me: yes", "Mei: that was good", "me: it was"]
    assert second.context == 2
    prompt = render(second.scene, second.turns, log.codec)
    learnt = [number for number, here in zip(prompt.ids, prompt.loss_mask(second.context), strict=True) if here]
    assert log.codec.decode(learnt) == "it was"
    assert "[20:00] that was good" in log.codec.decode(list(prompt.ids))


def test_a_late_answer_is_learnt_with_what_it_answers(log: Log) -> None:
    log.private("Mei", "18:00 Mei: lunch?", "18:01 Nora: where", "18:02 Mei: the noodle place", "22:00 Nora: too late")
    _, late = log.dialogues()
    assert shown(late.turns)[-2:] == ["Mei: the noodle place", "me: too late"]
    assert late.context == len(late.turns) - 1


def test_however_long_ago_it_was_the_past_is_carried_over(log: Log) -> None:
    """So the first reply after a long silence is learnt as it will be given: with what was said before."""
    log.private("Mei", "3/1 18:00 Mei: a", "18:01 Nora: b", "11/9 18:00 Mei: c", "18:01 Nora: d")
    first, second = log.dialogues()
    assert (first.context, second.context) == (0, 2)
    assert "[Mon 9 Nov, 18:00] c" in log.codec.decode(list(render(second.scene, second.turns, log.codec).ids))


def test_the_gap_can_be_chosen(log: Log) -> None:
    log.private("Mei", "18:00 Mei: a", "18:01 Nora: b", "20:00 Mei: c", "20:01 Nora: d")
    assert len(log.dialogues(gap=timedelta(hours=3))) == 1


def test_what_the_model_cannot_say_is_dropped_and_counted(log: Log) -> None:
    log.private(
        "Mei",
        "18:00 Mei: look",
        "18:01 Nora: <photo>",
        "18:01:10 Nora: <photo> my new lamp",
        "18:01:20 Nora: <voice>",
        "18:01:30 Nora: <forward> a joke of somebody's",
        "18:02 Nora: nice, no?",
    )
    (dialogue,) = log.dialogues()
    assert shown(dialogue.turns) == ["Mei: look", "me: my new lamp / nice, no?"]
    assert log.counts["messages read"] == 6
    assert log.counts["subject: kept"] == 2
    assert log.counts["subject: attachment left out, its caption kept"] == 1
    assert {key: number for key, number in log.counts.items() if key.startswith("subject: left out")} == {
        "subject: left out, photo": 1,
        "subject: left out, voice": 1,
        "subject: left out, forwarded": 1,
    }


def test_what_a_contact_says_without_words_is_shown_as_a_word(log: Log) -> None:
    log.private("Mei", "18:00 Mei: <voice>", "18:01 Mei: <photo> this one", "18:02 Nora: ok")
    (english,) = log.dialogues()
    assert shown(english.turns) == ["Mei: [voice] / this one", "me: ok"]
    assert len(english.turns[0].bubbles[1].photos) == 1
    (chinese,) = log.dialogues(persona=Persona("诺拉", language="zh"))
    assert shown(chinese.turns)[0] == "Mei: [语音] / this one"


def test_a_photo_that_is_gone_becomes_a_word(log: Log) -> None:
    log.private("Mei", "18:00 Mei: <photo>", "18:02 Nora: ok")
    log.corpus()
    for path in log.media.root.rglob("*"):
        if path.is_file():
            path.unlink()
    (dialogue,) = log.dialogues()
    assert shown(dialogue.turns) == ["Mei: [photo]", "me: ok"]
    assert log.counts["others: photo that cannot be read, shown as a word"] == 1


def test_who_never_hears_the_subject_and_what_stays_unanswered_teach_nothing(log: Log) -> None:
    log.private("Gran", "18:00 Gran: are you there?")
    log.private("Mei", "18:00 Mei: a", "18:01 Nora: b", "18:02 Mei: unanswered")
    (dialogue,) = log.dialogues()
    assert shown(dialogue.turns) == ["Mei: a", "me: b"]
    assert log.counts["chats left out: the subject wrote nothing there"] == 1
    assert log.counts["messages in chats left out: the subject wrote nothing there"] == 1


def test_chats_do_not_mix(log: Log) -> None:
    log.private("Mei", "18:00 Mei: the secret", "18:01 Nora: I keep it")
    log.private("Gran", "18:00:30 Gran: hello", "18:01:30 Nora: hello Grandma")
    for dialogue in log.dialogues():
        texts = " ".join(shown(dialogue.turns))
        assert ("secret" in texts) != ("Grandma" in texts)


def test_a_stranger_has_the_name_of_the_export(log: Log) -> None:
    log.private("Zoe", "18:00 Zoe: hi, I saw your lamp", "18:01 Nora: Hello!")
    (dialogue,) = log.dialogues()
    assert (dialogue.scene.partner.name, dialogue.scene.partner.relationship) == ("Zoe", "stranger")
