"""Replays the test days of a group to a decision that is left to itself: what it says and keeps silent on is the past.

    python -m tests.daemon.left_alone WORKSPACE --seconds 4

The evaluation tells both: each message decided with what the person really said before it, and with the avatar's own
answers. Here the latter is done once more by itself, on messages instead of what the evaluation keeps of them, at each
message of the day, and at another pace if need be. The decision is fitted on the features alone, no model is asked. It
is tried with a rule of its own for what is addressed to the person and without, and with thresholds that are set with
its own answers as the past. --seconds: messages come so far apart, instead of at their own pace.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.chat.decision import Calibration, chance_of
from bot.chat.features import NAMES_FROM, seen
from bot.message import ChatKind, Message
from bot.people import load_people
from bot.persona import Persona, load_persona
from bot.store.corpus import Corpus, as_avatar
from bot.workspace import Workspace
from training.calibration import fit
from training.data.groups import groups
from training.data.points import Point, Stratum, of_split, points
from training.data.splits import Split, Splits

_TYPED = timedelta(seconds=3)  # after which an answer stands there


def at_a_pace(messages: Sequence[Message], apart: timedelta) -> list[Message]:
    return [replace(one, sent_at=messages[0].sent_at + number * apart) for number, one in enumerate(messages)]


def left_alone(
    before: Sequence[Message], messages: Sequence[Message], persona: Persona, decision: Calibration
) -> Iterator[tuple[int, bool]]:
    """Yields each message of somebody else, by its row in the corpus, and whether it is answered."""
    past = [*before]
    for message in messages:
        if message.sender is None:
            continue
        past.append(message)
        chance = chance_of(message.chat.key, message.id)
        answer = decision.decide(0.5, seen(past[-NAMES_FROM:], persona), chance).answer
        if answer:
            past.append(replace(message, sender=None, text="ok", sent_at=message.sent_at + _TYPED))
        yield int(message.id), answer


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.daemon.left_alone", description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--seconds", type=float, metavar="S")
    args = parser.parse_args()
    workspace = Workspace.open(args.workspace)
    people, persona = load_people(workspace.people), load_persona(workspace.persona)
    with Corpus.open(workspace.corpus) as corpus:
        splits = Splits.of_corpus(corpus, people)
        found = points(corpus, people, persona, timedelta(hours=1), splits)
        tested = {point.message: point for point in of_split(found, Split.TEST)}
        wanted = {point.chat for point in tested.values()}
        chats = [one for one in corpus.chats() if one.kind is ChatKind.GROUP and one.chat.key in wanted]
        subject = frozenset(people.subject)
        heard = list(groups(corpus, people, persona, splits, found))
        said = [[as_avatar(one, subject) for one in corpus.messages(chat)] for chat in chats]
    taught, alone = fit(found, {}).calibration, fit(found, {}, heard).calibration
    decisions = {
        "What is addressed is decided alike": replace(taught, addressed=None),
        "What is addressed is decided by a rule of its own": taught,
        "The same, drawn, the thresholds set left to itself": alone,
    }
    for name, decision in decisions.items():
        answers: dict[int, bool] = {}
        for messages in said:
            test = [one for one in messages if splits.at(one.sent_at) is Split.TEST]
            before = [one for one in messages if splits.at(one.sent_at) is not Split.TEST][-NAMES_FROM:]
            paced = at_a_pace(test, timedelta(seconds=args.seconds)) if args.seconds else test
            answers |= left_alone(before, paced, persona, decision)
        print(f"{name}:")
        for stratum in (*Stratum, None):
            here = [one for one in tested.values() if stratum in (None, one.stratum)]
            print(f"  {stratum or 'all':28} {len(here):6,}  {told(here, answers)}")


def told(here: Sequence[Point], answers: dict[int, bool]) -> str:
    person = sum(one.answered for one in here) / max(len(here), 1)
    avatar = sum(answers[one.message] for one in here) / max(len(here), 1)
    return f"the person answers {person:6.1%}, the avatar {avatar:6.1%}"


if __name__ == "__main__":
    main()
