"""Chats as one would write them down, imported into a corpus through a real Telegram export."""

import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.chat.dialogue import Bubble, Turn
from bot.media import MediaStore
from bot.message import Account
from bot.people import Contact, People
from bot.persona import Persona
from bot.store.corpus import Corpus
from tests.support import byte_codec, picture
from training.data.cutting import build
from training.data.dialogues import Dialogue, DialogueSettings
from training.data.importers import Options, find_files, import_paths
from training.data.splits import Splits

IDS = {"Nora": "1", "Mei": "2", "Gran": "3", "Tom": "4", "HelpBot": "5"}
PEOPLE = People.of(
    (
        Contact("mei", "Mei", "friend", (Account("telegram", "2"),)),
        Contact("gran", "Grandma", "elder", (Account("telegram", "3"),)),
    ),
    (Account("telegram", "1"),),
)
ALL_TRAIN = Splits((date(2026, 3, 1),), date(2030, 1, 1), date(2030, 1, 2))
_LINE = re.compile(r"(?:(\d+)/(\d+) )?(\d+):(\d\d)(?::(\d\d))? (\w+): (.*)")
_MEDIA = {"voice": "voice_message", "video": "video_file"}


class Log:
    """A corpus that is written line by line: `3/2 18:00 Mei: are you coming?`. A line may leave out its day.

    <voice>, <video>, <photo> and <broken> stand for such a message, <sticker> before an emoji for its sticker,
    <forward> before words for passing them on, <reply> for answering the message before. `<reacts> ❤️ 2` puts an emoji
    on what the second line says, by whom and when the line tells.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.media = MediaStore(folder / "media")
        self.codec = byte_codec(self.media)
        self.chats: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()
        self._corpus: Corpus | None = None

    def private(self, who: str, *lines: str) -> None:
        self._add({"name": who, "type": "personal_chat", "id": int(IDS.get(who, "77"))}, lines)

    def group(self, *lines: str, title: str = "Lamps") -> None:
        self._add({"name": title, "type": "private_supergroup", "id": 9 + len(self.chats)}, lines)

    def corpus(self) -> Corpus:
        """Everything written so far, imported once."""
        if self._corpus is None:
            export = self.folder / "export"
            export.mkdir()
            (export / "photo.png").write_bytes(picture())
            (export / "broken.png").write_bytes(b"no picture")
            (export / "result.json").write_text(json.dumps({"chats": {"list": self.chats}}), "utf-8")
            self._corpus = Corpus.open(self.folder / "corpus.sqlite")
            import_paths(self._corpus, self.media, find_files([export]), Options(UTC))
        return self._corpus

    def dialogues(
        self,
        *,
        gap: timedelta = timedelta(hours=1),
        carried: int = 8,
        max_tokens: int = 4000,
        served: int = 4000,
        splits: Splits = ALL_TRAIN,
        persona: Persona = Persona("Nora"),  # noqa: B008  frozen
    ) -> list[Dialogue]:
        settings = DialogueSettings(gap, carried, max_tokens, served)
        return build(self.corpus(), PEOPLE, persona, self.codec, settings, splits, self.counts)

    def close(self) -> None:
        if self._corpus is not None:
            self._corpus.close()

    def _add(self, chat: dict[str, Any], lines: tuple[str, ...]) -> None:
        messages: list[dict[str, Any]] = []
        day = datetime(2026, 3, 2, tzinfo=UTC)
        for number, line in enumerate(lines, 1):
            match = _LINE.fullmatch(line)
            assert match, line
            month, of_month, hour, minute, second, who, text = match.groups()
            if month:
                day = datetime(2026, int(month), int(of_month), tzinfo=UTC)
            at = day + timedelta(hours=int(hour), minutes=int(minute), seconds=int(second or 0))
            if text.startswith("<reacts> "):
                _, emoji, to = text.split()
                _put(next(one for one in messages if one["id"] == int(to)), emoji, who, at)
                continue
            message = {
                "id": number,
                "type": "message",
                "date": at.strftime("%Y-%m-%dT%H:%M:%S"),
                "date_unixtime": str(int(at.timestamp())),
                "from": who,
                "from_id": f"user{IDS.get(who, '77')}",
            }
            messages.append(message | _content(text, number))
        self.chats.append(chat | {"messages": messages})


def _put(message: dict[str, Any], emoji: str, who: str, at: datetime) -> None:
    recent = {"from": who, "from_id": f"user{IDS.get(who, '77')}", "date": at.strftime("%Y-%m-%dT%H:%M:%S")}
    message.setdefault("reactions", []).append({"type": "emoji", "emoji": emoji, "count": 1, "recent": [recent]})


def _content(text: str, number: int) -> dict[str, Any]:
    mark = re.match(r"<(\w+)> ?", text)
    if not mark:
        return {"text": text}
    words = {"text": text[mark.end() :]}
    match mark[1]:
        case "photo":
            return words | {"photo": "photo.png"}
        case "broken":
            return words | {"photo": "broken.png"}
        case "forward":
            return words | {"forwarded_from": "somebody"}
        case "reply":
            return words | {"reply_to_message_id": number - 1}
        case "sticker":
            return {
                "text": "",
                "media_type": "sticker",
                "sticker_emoji": text[mark.end() :],
                "file": "(File not included.)",
            }
        case kind:
            return words | {"media_type": _MEDIA[kind], "file": "(File not included.)"}


def _shown(bubble: Bubble) -> str:
    put = (f"({one.speaker.name if one.speaker else 'I'} {one.emoji})" for one in bubble.reactions)
    return " ".join((*put, bubble.text)).strip()


def shown(turns: tuple[Turn, ...]) -> list[str]:
    """`Mei: one / two`, with the subject as `me`."""
    return [f"{turn.speaker.name if turn.speaker else 'me'}: {' / '.join(map(_shown, turn.bubbles))}" for turn in turns]
