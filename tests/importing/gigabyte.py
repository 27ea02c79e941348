"""How long a large Telegram export takes, beside ijson's reading of it: `python -m tests.importing.gigabyte`."""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

_CHATS, _PEOPLE = 40, 60
_ALONE = "import sys, ijson.backends.yajl2_c as ijson\nfor _ in ijson.items(open(sys.argv[1], 'rb'), '{}'): pass"
_ITEMS = "chats.list.item.messages.item"


class Spent(NamedTuple):
    """What a command took: seconds by the clock and of CPU, and bytes of memory at most."""

    clock: float
    cpu: float
    memory: int

    def __str__(self) -> str:
        return f"{self.clock:6.1f} s, {self.cpu:6.1f} s of CPU, {self.memory / 1e6:4.0f} MB of memory"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=1, help="the quickest of so many is told")
    parser.add_argument("--export", type=Path, help="where to write the export, to keep it; one that is there is read")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        export = args.export or Path(folder) / "result.json"
        if not export.exists():
            write_export(export, args.megabytes * 1_000_000)
        print(f"{export.stat().st_size / 1e6:,.0f} MB", flush=True)
        rounds = [_round(export, Path(folder) / f"workspace{number}") for number in range(args.repeat)]
        alone = min(one[0] for one in rounds)
        for name, number in (("ijson.items", 0), ("echoes import", 1), ("… again", 2)):
            best = min(one[number] for one in rounds)
            print(
                f"{name:14}{best}; {best.clock / alone.clock:.1f} × by the clock, {best.cpu / alone.cpu:.1f} × of CPU"
            )


def _round(export: Path, workspace: Path) -> tuple[Spent, Spent, Spent]:
    _spent(sys.executable, "-m", "bot", "init", str(workspace))
    alone = _spent(sys.executable, "-c", _ALONE.format(_ITEMS), str(export))
    command = (sys.executable, "-m", "bot", "--workspace", str(workspace), "import", str(export))
    return alone, _spent(*command), _spent(*command)


def _spent(*command: str) -> Spent:
    """Runs a command to its end. Its own words are not shown but for errors."""
    began = time.perf_counter()
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    _, status, used = os.wait4(os.posix_spawn(command[0], command, os.environ, file_actions=silent), 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}.")
    return Spent(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def write_export(path: Path, size: int) -> None:
    """Writes the export of a whole account as Telegram Desktop lays it out, of about so many bytes."""
    rng = random.Random(0)
    words = [_word(rng) for _ in range(20_000)]
    weights = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))
    with path.open("w", encoding="utf-8") as file:
        file.write(
            '{\n "about": "Here is the data you requested.",\n "personal_information": {\n  "user_id": 1000\n },\n'
        )
        file.write(' "chats": {\n  "about": "This page lists all chats from this export.",\n  "list": [')
        for chat in range(_CHATS):
            group = chat % 4 == 3
            kind = "private_supergroup" if group else "personal_chat"
            people = [1000, *(rng.sample(range(2000, 2000 + _PEOPLE), 20) if group else [3000 + chat])]
            file.write(f'{"," * (chat > 0)}\n   {{\n    "name": "Chat {chat}",\n    "type": "{kind}",\n')
            file.write(f'    "id": {5000 + chat if group else people[1]},\n    "messages": [')
            end = size * (chat + 1) // _CHATS
            for number, message in enumerate(_messages(rng, people, words, weights)):
                text = json.dumps(message, ensure_ascii=False, indent=1).replace("\n", "\n     ")
                file.write(f"{',' * (number > 0)}\n     {text}")
                if number % 100 == 0 and file.tell() >= end:
                    break
            file.write("\n    ]\n   }")
        file.write("\n  ]\n }\n}\n")


def _messages(
    rng: random.Random, people: list[int], words: list[str], weights: list[float]
) -> Iterator[dict[str, object]]:
    """Yields messages without end: mostly text, a tenth replies, a few of them stickers, voice or links."""
    sent, number = 1_500_000_000, 0
    while True:
        sent, number, sender = sent + rng.randrange(1, 120), number + 1, rng.choice(people)
        text = " ".join(rng.choices(words, cum_weights=weights, k=1 + int(rng.expovariate(1 / 9))))
        message: dict[str, object] = {
            "id": number,
            "type": "message",
            "date": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(sent)),
            "date_unixtime": str(sent),
            "from": f"Person {sender}",
            "from_id": f"user{sender}",
        }
        chance = rng.random()
        if chance < 0.1 and number > 20:
            message["reply_to_message_id"] = number - rng.randrange(1, 20)
        elif chance > 0.97:
            message |= {"file": "(File not included.)", "media_type": "sticker", "sticker_emoji": "😂"}
            text = ""
        elif chance > 0.95:
            message |= {"file": "(File not included.)", "media_type": "voice_message", "duration_seconds": 7}
            text = ""
        if chance > 0.92 and text:
            link = {"type": "link", "text": "https://example.org/" + rng.choice(words)}
            message["text"] = [text + " ", link]
            message["text_entities"] = [{"type": "plain", "text": text + " "}, link]
        else:
            message["text"] = text
            message["text_entities"] = [{"type": "plain", "text": text}] if text else []
        yield message


def _word(rng: random.Random) -> str:
    if rng.random() < 0.15:
        return "".join(chr(rng.randrange(0x4E00, 0x9000)) for _ in range(rng.randrange(1, 4)))
    return "".join(rng.choice("etaoinshrdlucmfwypvbgkjqxz") for _ in range(rng.randrange(1, 9)))


if __name__ == "__main__":
    main()
