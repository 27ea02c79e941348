"""LINE: the text that the app sends of a chat, in the languages in which it writes it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from training.data.importers.base import (
    CALL,
    EMPTY,
    NO_TIME,
    RECALLED,
    SERVICE,
    Claim,
    Event,
    Format,
    Head,
    ReadMessage,
    Sentence,
    Skipped,
    Source,
    clean,
    clean_name,
    looks_like_bot,
    named,
    read_time,
)
from training.data.importers.byname import chat_of_names
from training.data.importers.textlines import add_line, lines_of

PLATFORM = "line"
_KEY = "chat"
_TITLES: tuple[tuple[re.Pattern[str], bool | None], ...] = (
    (re.compile(r"Chat history with (.+)"), False),
    (re.compile(r"Chat history in [“\"]?(.+?)[”\"]?"), True),
    (re.compile(r"(.+)とのトーク履歴"), False),
    (re.compile(r"(.+)のトーク履歴"), True),
    (re.compile(r"[與与](.+?)的(?:聊天|對話|对话)[記记][錄录]"), False),
    (re.compile(r"[「“\"]?(.+?)[」”\"]?的(?:聊天|對話|对话)[記记][錄录]"), True),
    (re.compile(r"ประวัติการ(?:แชท|สนทนา)กับ ?(.+)"), False),
    (re.compile(r"ประวัติการ(?:แชท|สนทนา)ใน ?(.+)"), True),
    (re.compile(r"(.+?)(?:님과의)? ?(?:대화|채팅)"), None),
    (re.compile(r"(.+)"), None),
)
"""The first line without "[LINE]", and whether it is a group's."""
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})\.?(?:\s*[(（]?[^\d\t]{1,16}[)）]?)?")
_YEAR_LAST = re.compile(
    r"(?:([^\d\t,]{1,16}?)[.,]?\s*)?(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:\s*[(（]?([^\d\t]{1,16}?)[)）]?)?"
)
_MESSAGE = re.compile(
    r"(?:(上午|下午|凌晨|早上|中午|晚上|午前|午後|오전|오후)\s?)?(\d{1,2}):(\d{2})(?:\s?([AaPp])\.?[Mm]\.?)?\t(.*)",
    re.DOTALL,
)
_LATE = ("下午", "晚上", "午後", "오후")
_EARLY = ("上午", "凌晨", "早上", "午前", "오전")
_WEEKDAYS = (
    ("mon", "จ", "จันทร์"), ("tue", "อ", "อังคาร"), ("wed", "พ", "พุธ"), ("thu", "พฤ", "พฤหัส"), ("fri", "ศ", "ศุกร์"),
    ("sat", "ส", "เสาร์"), ("sun", "อา", "อาทิตย์"),
)  # fmt: skip
_KINDS = {
    "photo": ("photo", "写真", "照片", "圖片", "图片", "ภาพ", "รูป", "รูปภาพ", "사진"),
    "video": ("video", "動画", "影片", "视频", "วิดีโอ", "동영상"),
    "sticker": ("sticker", "スタンプ", "貼圖", "贴图", "สติกเกอร์", "스티커"),
    "voice": ("voice message", "ボイスメッセージ", "語音訊息", "语音消息", "ข้อความเสียง", "음성메시지"),
    "file": ("file", "ファイル", "檔案", "文件", "ไฟล์", "파일"),
    "location": ("location", "位置情報", "位置訊息", "位置信息", "ตำแหน่ง", "ตำแหน่งที่ตั้ง", "위치"),
    "contact": ("contact", "連絡先", "聯絡資訊", "联系人", "รายชื่อติดต่อ", "연락처"),
    "link": ("album", "アルバム", "相簿", "相册", "อัลบั้ม", "note", "ノート", "記事本", "โน้ต", "앨범", "노트"),
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}
_RECALLED = re.compile(
    r"unsent a message|送信を取り消しました|收回(?:了)?訊息|撤回了?(?:一条)?消息|ยกเลิกข้อความ|메시지를 취소"
)


@dataclass(slots=True)
class _State:
    """Where in the file the reading is."""

    day: str = ""
    open: "_Open | None" = None
    names: dict[str, None] = field(default_factory=dict)
    messages: int = 0


@dataclass(slots=True)
class _Open:
    """A message whose lines are being read."""

    time: str
    sender: str
    lines: list[str]


def read(source: Source) -> Iterator[Event]:
    """Yields the events of the chat."""
    state = _State()
    title, group = clean_name(source.path.stem), None
    blank = True
    for number, line in enumerate(lines_of(source)):
        if number == 0 and line.startswith("[LINE]"):
            title, group = _title(line.removeprefix("[LINE]").strip())
            continue
        message = _MESSAGE.fullmatch(line)
        day = _day(line) if blank and not message else None  # LINE leaves a line free above a day
        blank = not line.strip() or number < 3
        if (message or day) and state.open is not None:
            yield _message(state.open, state, source)
            state.open = None
        if day:
            state.day = day
        elif message:
            state.messages += 1
            parts = message[5].split("\t", 1)
            sender, text = (parts[0], parts[1]) if len(parts) == 2 else ("", parts[0])
            state.open = _Open(f"{state.day} {_clock(message)}", clean_name(sender), [text])
        elif state.open is not None:
            add_line(state.open.lines, line)
    if state.open is not None:
        yield _message(state.open, state, source)
    if state.messages:
        yield chat_of_names(_KEY, PLATFORM, title, list(state.names), group=group, me=source.me)


def _title(text: str) -> tuple[str, bool | None]:
    match, group = next((match, group) for pattern, group in _TITLES if (match := pattern.fullmatch(text or "?")))
    return clean_name(match[1]), group


def _day(line: str) -> str | None:
    """Returns a line's date as year-month-day; None if it is no date."""
    if match := _YEAR_FIRST.fullmatch(line):
        return _as_date(int(match[1]), int(match[2]), int(match[3]))
    if match := _YEAR_LAST.fullmatch(line):
        year, first, second = int(match[4]), int(match[2]), int(match[3])
        weekday = (match[1] or match[5] or "").strip(".()（） ").lower().removeprefix("วัน")
        orders = [_as_date(year, first, second), _as_date(year, second, first)]  # month or day first
        dates = [day for day in orders if day is not None]
        return next((day for day in dates if _falls_on(day, weekday)), dates[0] if dates else None)
    return None


def _as_date(year: int, month: int, day: int) -> str | None:
    try:
        return date(year - 543 if year > 2400 else year, month, day).isoformat()  # Thai years count from Buddha
    except ValueError:
        return None


def _falls_on(day: str, weekday: str) -> bool:
    names = _WEEKDAYS[date.fromisoformat(day).weekday()]
    return bool(weekday) and (weekday in names or weekday.startswith(names[0]))


def _clock(match: re.Match[str]) -> str:
    hour = int(match[2])
    if match[1] in _LATE or (match[4] or "").lower() == "p":
        hour = hour + 12 if hour < 12 else hour
    elif match[1] in _EARLY or match[4]:
        hour = hour % 12
    return f"{hour}:{match[3]}"


def _message(found: _Open, state: _State, source: Source) -> ReadMessage | Skipped:
    text = clean("\n".join(found.lines))
    if not found.sender or (text.startswith(found.sender) and _RECALLED.search(text)):
        return Skipped(_KEY, RECALLED if _RECALLED.search(text) else SERVICE)
    if text.startswith("☎"):
        return Skipped(_KEY, CALL)
    moment = read_time(found.time, source.zone)
    if moment is None:
        return Skipped(_KEY, NO_TIME)
    if len(found.lines) > 1 and text.startswith('"') and text.endswith('"'):
        text = clean(text[1:-1].replace('""', '"'))
    placeholder = _KIND_OF.get(text[1:-1].lower()) if text[:1] + text[-1:] == "[]" else None
    if not text:
        return Skipped(_KEY, EMPTY)
    state.names.setdefault(found.sender)
    return ReadMessage(
        chat=_KEY,
        sender=named(PLATFORM, found.sender),
        sender_name=found.sender,
        sent_ms=moment.ms,
        position=state.messages,
        text="" if placeholder else text,
        placeholder=placeholder,
        is_bot=looks_like_bot(found.sender),
        resolution_ms=moment.resolution_ms,
        local_time=moment.local,
    )


def _sniff(head: Head) -> Claim:
    if head.text.startswith("[LINE]"):
        return Claim.CERTAIN
    lines = head.text.splitlines()[:20]
    dated = any(_day(line) for line in lines)
    return Claim.POSSIBLE if dated and any(_MESSAGE.fullmatch(line) for line in lines) else Claim.NO


FORMAT = Format(
    "LINE",
    _sniff,
    read,
    Sentence(
        "In LINE on the phone open the chat, then ≡, Settings, “Export chat history”, and send yourself the text file.",
        "在手机 LINE 中打开聊天，点右上角 ≡ ›“设置”›“传送聊天记录”，把文本文件发给自己。",
    ),
)
