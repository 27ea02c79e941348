"""How an attachment is shown in a prompt: one table, for exports and for live platforms."""

from collections.abc import Callable, Mapping, Sequence

from bot.letters import unmarked
from bot.message import PHOTO, STICKER, Attachment, Message

KINDS: Mapping[str, tuple[str, str]] = {
    STICKER: ("sticker", "表情"),
    "animation": ("animation", "动图"),
    PHOTO: ("photo", "图片"),
    "voice": ("voice", "语音"),
    "video": ("video", "视频"),
    "audio": ("audio", "音频"),
    "file": ("file", "文件"),
    "location": ("location", "位置"),
    "contact": ("contact", "名片"),
    "link": ("link", "链接"),
    "poll": ("poll", "投票"),
    "story": ("story", "动态"),
    "game": ("game", "游戏"),
    "checklist": ("checklist", "清单"),
    "unknown": ("attachment", "附件"),
}
"""Each kind with its word in English and Chinese."""


_TRANSCRIBED = ("voice", "audio", "video")


def shown(message: Message, language: str, readable: Callable[[str], bool]) -> tuple[str, tuple[str, ...]]:
    """A message's words as a prompt shows them, and the digests of the pictures shown with them.

    readable: whether the picture of a digest can be opened.
    """
    pictures: list[str] = []
    words: list[str] = []
    still = False
    for one in message.attachments:
        frames = [frame for frame in one.frames if readable(frame)]
        if one.digest and is_picture(one) and readable(one.digest):
            pictures.append(one.digest)
            still = True
        elif one.kind != PHOTO and not (one.kind == STICKER and frames):
            words.append(in_words(one, language))
        pictures += frames
    if has_photo(message.attachments) and not still:
        words.append(in_words(Attachment(PHOTO), language))
    return " ".join(part for part in (*words, message.text) if part.strip()), tuple(pictures)


def is_picture(attachment: Attachment) -> bool:
    """Whether the model sees it as a picture. A sticker is one only where no emoji says what it shows."""
    return attachment.kind == PHOTO or (attachment.kind == STICKER and not attachment.words)


def in_words(attachment: Attachment, language: str) -> str:
    """Returns `[voice 0:12] …` with what was said in it, `[sticker 😂]`, `[location Café Rose]`, `[file]`."""
    english, chinese = KINDS.get(attachment.kind, (attachment.kind, attachment.kind))
    name = chinese if language == "zh" else english
    words = " ".join(attachment.words.split())
    if attachment.kind in _TRANSCRIBED:
        length = "" if attachment.seconds is None else f" {attachment.seconds // 60}:{attachment.seconds % 60:02}"
        return f"[{name}{length}] {words}".strip()
    return f"[{name} {unmarked(words)}]" if words else f"[{name}]"


def spoken(message: Message) -> str:
    """What was really said: the text, or the words of what came in its place."""
    return message.text or " ".join(one.words for one in message.attachments if one.words)


def has_photo(attachments: Sequence[Attachment]) -> bool:
    """Whether there is a photo among them, be it one that nobody here can see."""
    return any(one.kind == PHOTO for one in attachments)
