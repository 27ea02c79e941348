"""KakaoTalk: the text that its apps export, in Korean and in English, and the table of its app for the Mac."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from training.data.importers.base import (
    CALL,
    EMPTY,
    NO_TIME,
    PAYMENT,
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
    Truncated,
    clean,
    clean_name,
    looks_like_bot,
    named,
    read_time,
)
from training.data.importers.byname import chat_of_names
from training.data.importers.csvfile import rows_and_cut
from training.data.importers.textlines import add_line, lines_of

PLATFORM = "kakaotalk"
_KEY = "chat"
_COLUMNS = frozenset(("Date", "User", "Message"))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = (
    r"(?:(?P<y>\d{4})(?:년|\.) ?(?P<m>\d{1,2})(?:월|\.) ?(?P<d>\d{1,2})(?:일|\.)"
    r"|(?P<mon>[A-Z][a-z]{2,8}) (?P<d2>\d{1,2}), (?P<y2>\d{4}))"
)
_TIME = r"(?:(?P<half>오전|오후) )?(?P<h>\d{1,2}):(?P<min>\d{2})(?: ?(?P<half2>AM|PM))?"
_DATED = re.compile(rf"{_DAY},? {_TIME}(?:, (?P<who>.{{1,80}}?) : (?P<text>.*)|: (?P<service>.*))")
_DAY_LINE = re.compile(rf"(?:[A-Z][a-z]+, )?{_DAY}(?: \S+요일)?(?:,? {_TIME})?")
_RULED = re.compile(rf"-{{5,}} (?:[A-Z][a-z]+, )?{_DAY}(?: \S+)? -{{5,}}")
_BRACKETED = re.compile(rf"\[(?P<who>.{{1,80}}?)\] \[{_TIME}\] (?P<text>.*)")
_HEADINGS = (
    re.compile(r"(?P<name>.+?)(?: (?P<count>\d+))? ?님과 카카오톡 대화"),
    re.compile(r"(?P<name>.+?)(?: (?P<count>\d+))? 카카오톡 대화"),
    re.compile(r"KakaoTalk Chats with (?P<name>.+?)(?: (?P<count>\d+))?"),
)
_SAVED = re.compile(r"(?:저장한 날짜|Date Saved) ?: .*")
_SERVICE = re.compile(
    r".{1,80}님(?:이|을|께서) .*(?:들어왔습니다|나갔습니다|초대(?:했|하였)습니다|내보냈습니다|가렸습니다)\.?"
    r"|.{1,80} (?:joined|left) (?:this|the) (?:chat|chatroom|group)\.?"
    r"|.{1,80} invited .{1,80} to (?:this|the) (?:chat|chatroom|group)\.?"
    r"|채팅방 관리자가 .*|운영정책을 위반한 .*"
)
_RECALLED = re.compile(
    r"삭제된 메시지입니다\.?|(?:This message was|Message) deleted\.?|.{0,80}메시지를 (?:삭제|가렸).*"
)
_CALL = re.compile(
    r"(?:보이스톡|페이스톡|그룹콜)(?: .*)?|(?:Voice|Video|Group) (?:Call|Talk)(?: .*)?|Missed (?:voice|video) call"
)
_PAYMENT = re.compile(r"\[?(?:카카오페이|송금봉투|KakaoPay)\]?.*", re.DOTALL)
_KINDS = (
    ("photo", re.compile(r"사진(?: \d+장)?|Photos?(?: \d+)?|\d+ photos")),
    ("video", re.compile(r"동영상|Video")),
    ("sticker", re.compile(r"\(?이모티콘\)?|\(?Emoticons?\)?|Sticker")),
    ("voice", re.compile(r"음성메시지|Voice (?:Note|Message)")),
    ("file", re.compile(r"(?:파일|File) ?: .+")),
    ("location", re.compile(r"(?:지도|Map|Location) ?: .+")),
    ("contact", re.compile(r"(?:연락처|프로필|Contact|Profile) ?: .+")),
)  # fmt: skip


@dataclass(slots=True)
class _Open:
    """A message whose lines are being read. service: it is none, but what the app itself says."""

    time: str
    who: str
    lines: list[str]
    service: bool = False


@dataclass(slots=True)
class _State:
    """What was found so far."""

    title: str
    group: bool | None = None
    names: dict[str, None] = field(default_factory=dict)
    messages: int = 0


def read(source: Source) -> Iterator[Event]:
    """Yields the events of the chat."""
    state = _State(clean_name(source.path.stem))
    for found in _table(source) if _is_table(source) else _text(source, state):
        if isinstance(found, Truncated):
            yield found
            continue
        state.messages += 1
        yield _message(found, state, source)
    if state.messages:
        yield chat_of_names(_KEY, PLATFORM, state.title, list(state.names), group=state.group, me=source.me)


def _is_table(source: Source) -> bool:
    with source.path.open("rb") as file:
        return b"User" in file.readline(200) and source.path.suffix.lower() != ".txt"


def _table(source: Source) -> Iterator[_Open | Truncated]:
    for row in rows_and_cut(source):
        yield row if isinstance(row, Truncated) else _Open(row["Date"], clean_name(row["User"]), [row["Message"]])


def _text(source: Source, state: _State) -> Iterator[_Open]:
    """Yields the messages of a text, in whichever of the apps' forms it is."""
    open_: _Open | None = None
    day, blank = "", True
    for number, line in enumerate(lines_of(source)):
        if number < 3 and _is_heading(line, state):
            continue
        day_line = _DAY_LINE.fullmatch(line) if blank else None
        blank = not line.strip()
        ruled, dated, bracketed = day_line or _RULED.fullmatch(line), _DATED.fullmatch(line), _BRACKETED.fullmatch(line)
        service = _SERVICE.fullmatch(line)
        if not (ruled or dated or bracketed or service):
            if open_ is not None:
                add_line(open_.lines, line)
            continue
        if open_ is not None:
            yield open_
            open_ = None
        if ruled:
            day = _date(ruled)
        elif bracketed:
            open_ = _Open(f"{day} {_clock(bracketed)}", clean_name(bracketed["who"]), [bracketed["text"]])
        elif dated and dated["who"]:
            open_ = _Open(f"{_date(dated)} {_clock(dated)}", clean_name(dated["who"]), [dated["text"]])
        elif service or (dated and dated["service"]):
            yield _Open("", "", [dated["service"] if dated and dated["service"] else line], service=True)
    if open_ is not None:
        yield open_


def _is_heading(line: str, state: _State) -> bool:
    """Notes what the first lines say of the chat."""
    for pattern in _HEADINGS:
        if match := pattern.fullmatch(line):
            state.title = clean_name(match["name"])
            state.group = True if match["count"] or ("님과" not in line and "KakaoTalk" not in line) else None
            return True
    return bool(_SAVED.fullmatch(line))


def _date(match: re.Match[str]) -> str:
    if match["y"]:
        return f"{match['y']}-{match['m']}-{match['d']}"
    name = match["mon"][:3].lower()
    return f"{match['y2']}-{_MONTHS.index(name) + 1 if name in _MONTHS else 0}-{match['d2']}"


def _clock(match: re.Match[str]) -> str:
    hour, half = int(match["h"]), match["half"] or match["half2"]
    if half:
        hour = hour % 12 + (12 if half in ("오후", "PM") else 0)
    return f"{hour}:{match['min']}"


def _message(found: _Open, state: _State, source: Source) -> ReadMessage | Skipped:
    text = clean("\n".join(found.lines))
    if _RECALLED.fullmatch(text):
        return Skipped(_KEY, RECALLED)
    about_sender = text.startswith(found.who) and _SERVICE.fullmatch(text)  # as the table has it
    if found.service or not found.who or about_sender:
        return Skipped(_KEY, SERVICE)
    if _CALL.fullmatch(text) or _PAYMENT.fullmatch(text):
        return Skipped(_KEY, CALL if _CALL.fullmatch(text) else PAYMENT)
    moment = read_time(found.time, source.zone)
    if moment is None:
        return Skipped(_KEY, NO_TIME)
    if not text:
        return Skipped(_KEY, EMPTY)
    placeholder = next((kind for kind, pattern in _KINDS if pattern.fullmatch(text)), None)
    state.names.setdefault(found.who)
    return ReadMessage(
        chat=_KEY,
        sender=named(PLATFORM, found.who),
        sender_name=found.who,
        sent_ms=moment.ms,
        position=state.messages,
        text="" if placeholder else text,
        placeholder=placeholder,
        is_bot=looks_like_bot(found.who),
        resolution_ms=moment.resolution_ms,
        local_time=moment.local,
    )


def _sniff(head: Head) -> Claim:
    lines = head.text.splitlines()[:12]
    if any(pattern.fullmatch(line) for line in lines[:3] for pattern in _HEADINGS) or any(map(_SAVED.fullmatch, lines)):
        return Claim.CERTAIN
    said = any((match := _DATED.fullmatch(line)) and match["who"] for line in lines) or any(
        map(_RULED.fullmatch, lines)
    )
    return Claim.POSSIBLE if said or head.columns == _COLUMNS else Claim.NO


FORMAT = Format(
    "KakaoTalk",
    _sniff,
    read,
    Sentence(
        "In KakaoTalk open the chat, then ≡, Settings, “Export chats” (on a computer Ctrl+S), and import the file.",
        "在 KakaoTalk 中打开聊天，点 ≡ ›“设置”›“导出聊天记录”（电脑上按 Ctrl+S），然后导入这个文件。",
    ),
)
