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


def placeholder(kind: str, language: str, text: str = "") -> str:
    """`[voice message]`, with the words that came with it."""
    english, chinese = PLACEHOLDERS.get(kind, (kind, kind))
    return f"[{chinese if language == 'zh' else english}] {text}".strip()
