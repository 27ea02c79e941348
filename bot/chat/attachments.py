"""How a message without words is shown in a prompt: one table, for exports and for live platforms."""

from collections.abc import Mapping

PLACEHOLDERS: Mapping[str, tuple[str, str]] = {
    "sticker": ("sticker", "表情"),
    "animation": ("animation", "动图"),
    "photo": ("photo", "图片"),
    "voice": ("voice message", "语音"),
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
"""Kind to its word in English and Chinese."""


def shown_words(kind: str, text: str, language: str, *, photos: int = 0, readable: int = 0) -> str:
    """A message's words as a prompt shows them: with its kind where words say less than that.

    kind: of the table above, or nothing. photos, readable: how many photos it has, and how many of them can be seen.
    """
    kind = kind or ("photo" if photos and not readable else "")
    if kind and not (kind == "sticker" and text.strip()):  # a sticker's text is its emoji, which says more
        return placeholder(kind, language, text)
    return text


def is_photo(kind: str, photos: int) -> bool:
    """Whether a message is a photo, be it one that nobody here can see."""
    return bool(photos) or kind == "photo"


def placeholder(kind: str, language: str, text: str = "") -> str:
    """`[voice message]`, with the words that came with it."""
    english, chinese = PLACEHOLDERS.get(kind, (kind, kind))
    return f"[{chinese if language == 'zh' else english}] {text}".strip()
