"""Replays a held-out stretch of a group to a running avatar, through the Telegram stand-in, as its members wrote it.

    python -m tests.daemon.replay WORKSPACE --messages 150 --senders 20

The avatar is a real `echoes run` in a process of its own, on a copy of the workspace. Messages come at their own pace,
with pauses shortened. Prints every decision; the words only where they are asked for, with --words.
"""

import argparse
import asyncio
import re
import shutil
import statistics
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import yaml

from bot.message import Account, Chat, ChatKind, Message
from bot.people import People, load_people
from bot.store.corpus import Corpus
from bot.store.journal import Journal, State
from bot.workspace import Workspace
from tests.daemon.process import EchoesProcess, until
from tests.standins.telegram import TelegramServer
from training.data.splits import Split, Splits

_DECISION = re.compile(r"Decision on telegram, entry \d+: (answer|silence), p=([\d.]+), (\d+) ms")
_PATIENCE = 60  # seconds for a decision
_BEFORE = 40  # messages that the avatar has before its eyes when the replay begins


@dataclass(frozen=True)
class Event:
    """A message to replay, and whether the subject really spoke next. wait: seconds before it."""

    message: Message
    wait: float
    answered: bool


@dataclass(frozen=True)
class Stretch:
    """What stood before, the subject's own messages included, and what is replayed."""

    title: str
    before: list[Message]
    events: list[Event]


def stretch(corpus: Corpus, people: People, messages: int, senders: int, longest: float) -> Stretch:
    """The stretch of the test days in which the subject spoke most, among those with that many senders."""
    splits = Splits.of_corpus(corpus, people)
    chat = next(chat for chat in corpus.chats() if chat.kind is ChatKind.GROUP)
    test = [
        one for one in corpus.messages(chat) if splits.at(one.sent_at) is Split.TEST and (one.text or one.attachments)
    ]
    width = messages * 3 // 2

    def worth(start: int) -> tuple[bool, int]:
        part = test[start : start + width]
        others = [one.sender for one in part if one.sender not in people.subject][:messages]
        return len(set(others)) >= senders, sum(one.sender in people.subject for one in part)

    best = max(range(min(_BEFORE, len(test)), max(len(test) - width, _BEFORE + 1), 5), key=worth)
    part = test[best : best + width]
    counts = Counter([one.sender for one in part if one.sender not in people.subject][:messages])
    chosen = {account for account, _ in counts.most_common(senders)}
    events: list[Event] = []
    previous = part[0].sent_at
    for index, one in enumerate(part):
        if one.sender in chosen and len(events) < messages:
            following = part[index + 1] if index + 1 < len(part) else None
            wait = min((one.sent_at - previous) / timedelta(seconds=1), longest)
            events.append(Event(one, max(wait, 0.0), bool(following and following.sender in people.subject)))
            previous = one.sent_at
    return Stretch(chat.title, test[max(0, best - _BEFORE) : best], events)


def prime(path: Path, chat: Chat, before: list[Message], subject: frozenset[Account], longest: float) -> None:
    """Puts what stood before into the journal, as if the avatar had been there and said what the subject said."""
    waits = [min((b.sent_at - a.sent_at) / timedelta(seconds=1), longest) for a, b in pairwise(before)]
    now = datetime.now(UTC) - timedelta(seconds=sum(waits))
    journal = Journal.open(path, lambda: now)
    for number, (message, wait) in enumerate(zip(before, [*waits, 0.0], strict=True), 1):
        if message.sender in subject:
            journal.sent(journal.reply(chat, [], [message.text]), None)
        else:
            seq = journal.take(Message(chat, f"-{number}", message.sender, message.sender_name, now, message.text))
            journal.settle([seq or 0], State.SILENT)
        now += timedelta(seconds=max(wait, 0.0))
    journal.close()


async def replay(
    workspace: Workspace, scene: Stretch, subject: frozenset[Account], longest: float, words: bool
) -> None:
    events = scene.events
    with tempfile.TemporaryDirectory(prefix="echoes-replay-") as folder:
        copy = Path(folder) / "avatar"
        shutil.copytree(workspace.root, copy, symlinks=True, ignore=shutil.ignore_patterns("journal*", "received"))
        async with TelegramServer() as server:
            config = yaml.safe_load((copy / "config.yaml").read_text()) or {}
            config["platforms"] = {"telegram": {"api_url": server.base_url.removesuffix("/bot")}}
            config["conversation"] = {"answer": "everyone", "gather_seconds": 1, "characters_per_second": 0}
            (copy / "config.yaml").write_text(yaml.safe_dump(config))
            names = {event.message.sender: event.message.sender_name for event in events}
            users = {account: server.person(name) for account, name in names.items()}
            group = server.group(scene.title, *users.values())
            chat = Chat("telegram", str(group.id), ChatKind.GROUP, scene.title)
            prime(copy / "journal.sqlite", chat, scene.before, subject, longest)
            daemon = EchoesProcess(copy, ECHOES_TELEGRAM_TOKEN=server.token)
            await daemon.start()
            try:
                await until(lambda: "Ready" in daemon.logged(), 120)
                spoken = 0
                for event in events:
                    await asyncio.sleep(event.wait)
                    server.user_says(users[event.message.sender], event.message.text or "…", chat=group)
                    if words:
                        print(f"{event.message.sender_name:>16}: {event.message.text}", flush=True)
                        for text in server.replies(group)[spoken:]:
                            print(f"{'AVATAR':>16}: {text}", flush=True)
                    spoken = len(server.replies(group))
                await until(lambda: server.updates.pending == [], _PATIENCE)
                await asyncio.sleep(10)
                report(daemon.logged(), server.replies(group), events, len(users))
            finally:
                await daemon.stop()


def report(log: str, replies: list[str], events: list[Event], senders: int) -> None:
    decisions = [(found[1] == "answer", float(found[2]), int(found[3])) for found in _DECISION.finditer(log)]
    times = sorted(milliseconds for _, _, milliseconds in decisions)
    answers = sum(answer for answer, _, _ in decisions)
    print(f"\n{len(events)} messages of {senders} senders; the subject really spoke next after "
          f"{sum(event.answered for event in events)} of them.")  # fmt: skip
    print(f"{len(decisions)} decisions: {answers} to answer, {len(decisions) - answers} to stay silent; "
          f"{len(replies)} bubbles sent.")  # fmt: skip
    if times:
        print(f"A decision took {statistics.median(times):.0f} ms (median), {times[int(len(times) * 0.95)]} ms (95 %), "
              f"{times[-1]} ms (longest).")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--messages", type=int, default=150)
    parser.add_argument("--senders", type=int, default=20)
    parser.add_argument("--longest-pause", type=float, default=5.0, metavar="S")
    parser.add_argument("--words", action="store_true", help="show what is said")
    args = parser.parse_args()
    workspace = Workspace.open(args.workspace)
    people = load_people(workspace.people)
    with Corpus.open(workspace.corpus) as corpus:
        scene = stretch(corpus, people, args.messages, args.senders, args.longest_pause)
    asyncio.run(replay(workspace, scene, frozenset(people.subject), args.longest_pause, args.words))


if __name__ == "__main__":
    main()
