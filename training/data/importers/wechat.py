"""What the WeChat exporters have in common: the kinds of message under their many names, ids and quotes."""

import re
from collections.abc import Mapping

from bot.message import Account
from training.data.importers.base import (
    CALL,
    EMPTY,
    PAYMENT,
    RECALLED,
    SERVICE,
    UNKNOWN_KIND,
    Moment,
    ReadMessage,
    Skipped,
    clean_name,
    is_named,
    looks_like_bot,
    named,
)
from training.data.importers.filekinds import PLAYING

PLATFORM = "wechat"
ME = "我"

_KINDS: Mapping[str, tuple[str, ...]] = {
    "text": ("文本", "文本消息", "text", "粘贴的文本", "群公告", "接龙"),
    "quote": ("引用", "引用消息", "引用回复", "quote", "(quote) reply"),
    "photo": ("图片", "图片消息", "image", "photo"),
    "voice": ("语音", "语音消息", "voice"),
    "video": ("视频", "视频消息", "video"),
    "sticker": ("动画表情", "表情", "表情包", "用户上传的GIF表情", "sticker", "animated emoji", "动画表情消息"),
    "file": ("文件", "文件消息", "文件(猜)", "file"),
    "location": ("位置", "位置消息", "位置分享", "位置共享", "location"),
    "contact": ("名片", "名片消息", "推荐公众号", "个人/公众号名片", "企业微信名片", "(分享)视频号名片", "contact"),
    "link": (
        "链接", "链接消息", "分享链接", "(分享)卡片式链接", "(share) card link", "link", "小程序", "小程序消息",
        "(分享)小程序", "音乐", "音乐消息", "音乐分享", "(分享)音乐", "视频号", "(分享)视频号视频", "收藏笔记",
        "(分享)笔记", "(分享)收藏夹", "(分享)小说(猜)",
    ),
    "forward": ("聊天记录", "合并转发的聊天记录", "合并转发"),
}  # fmt: skip
_SKIPPED: Mapping[str, tuple[str, ...]] = {
    SERVICE: ("系统消息", "系统通知", "拍一拍", "添加好友", "邀请加群", "system"),
    PAYMENT: ("转账", "转账消息", "红包", "红包消息", "赠送红包封面", "transfer", "red packet"),
    CALL: ("语音通话", "音视频通话", "通话消息", "通话", "call"),
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}
_REASON_OF = {name: reason for reason, names in _SKIPPED.items() for name in names}
_PLACEHOLDER_OF = {"photo": "photo", "forward": "link"} | {
    kind: kind for kind in ("voice", "video", "sticker", "file", "location", "contact", "link")
}

_KIND_OF_CODE = {1: "text", 3: "photo", 34: "voice", 42: "contact", 43: "video", 47: "sticker", 48: "location"}
_KIND_OF_APP_CODE = {3: "link", 4: "link", 5: "link", 6: "file", 8: "sticker", 19: "forward", 24: "link", 33: "link",
                     36: "link", 40: "link", 51: "link", 57: "quote", 74: "file"}  # fmt: skip
_REASON_OF_CODE = {50: CALL, 10000: SERVICE, 10002: SERVICE, 37: SERVICE}

_RECALL = re.compile(r"<revokemsg|撤回了一条消息|recalled a message")
_QUOTES = (
    re.compile(r"\s*\[引用\]\(\d{4}-\d\d-\d\d[^)]*\).*\Z", re.DOTALL),  # words [引用](time)name:what was quoted
    re.compile(r"\s*\n引用[：:].*\Z", re.DOTALL),  # words ⏎ 引用：name: what was quoted
    re.compile(r"\s*\[引用 .*\]\s*\Z", re.DOTALL),  # words[引用 name：what was quoted]
)
_AROUND_TRANSCRIPT = (
    re.compile(r"\A[\[【]语音[^\]】\n]{0,20}[\]】]"),
    re.compile(r"\A语音时长[：:][^\n]*"),
    re.compile(r"\A翻译结果[：:]"),
)
_NO_TRANSCRIPT = re.compile(r"|语音|语音消息|voice|null|None|转文字失败|<.*|\d+(?:\.\d+)?(?:秒|s|\"|″)", re.DOTALL)
_PLAYING_FILE = re.compile(
    r"\A(?:\S+|[^\n<>]*[/\\][^\n<>]*)\.(?:mp3|wav|silk|slk|amr|ogg|m4a|aud|opus|mp4|mov)\Z", re.IGNORECASE
)
_NAME = r"(?:[\"“「].{1,60}[\"”」]|[你我])"  # as WeChat writes it in lines of its own, and people do not
_SERVICE_LINE = re.compile(
    rf"\A(?:{_NAME} ?撤回了一条消息|你已添加了.{{1,80}}，现在可以开始聊天了。?|以上是打招呼的(?:内容|消息)。?"
    rf"|.{{1,80}}开启了朋友验证，你还不是.{{1,20}}朋友.*|{_NAME} ?拍了拍 ?{_NAME}.{{0,60}}"
    rf"|{_NAME} ?邀请 ?[\"“「你].{{0,200}}加入了群聊.*|{_NAME} ?修改群名为.{{1,80}}"
    rf"|{_NAME} ?将 ?[\"“「你].{{0,60}}移出了群聊|{_NAME} ?通过扫描.{{1,60}}二维码加入群聊.*)\Z"
)
_MARKED = re.compile(
    r"\A\[(图片|语音|语音消息|视频|动画表情|表情包|文件|链接|位置|名片|小程序|音乐|聊天记录|转账|红包|通话|语音通话"
    r"|视频通话|音视频通话|系统消息|拍一拍)\](?=\s|\Z)"
)
_BRACKETED = re.compile(r"\A[\[【][^\[\]【】\n]{1,40}[\]】]\Z")
_ID = re.compile(r"(?:wxid_|gh_)?[A-Za-z][A-Za-z0-9_-]{4,}(?:@[a-z]+)?|\d+@(?:chatroom|openim)|\d+@[a-z]+")


def kind_of(type_name: str) -> str | None:
    """Returns text, quote, photo, forward or a placeholder; None if the message is skipped for `reason_of`."""
    return _KIND_OF.get(type_name.strip())


def kind_of_code(code: int, sub_code: int) -> str | None:
    """Returns what `kind_of` does for WeChat's own numbers (Type and SubType)."""
    return _KIND_OF_APP_CODE.get(sub_code) if code == 49 else _KIND_OF_CODE.get(code)


def reason_of(type_name: str, text: str) -> str:
    """Returns the reason for which a message of this kind is skipped."""
    if _RECALL.search(text) or type_name.startswith("消息撤回"):
        return RECALLED
    return _REASON_OF.get(type_name.strip(), UNKNOWN_KIND)


def reason_of_code(code: int, sub_code: int, text: str) -> str:
    """Returns what `reason_of` does for WeChat's own numbers."""
    if code == 10000 and _RECALL.search(text):
        return RECALLED
    return PAYMENT if code == 49 and sub_code in (2000, 2001, 2003) else _REASON_OF_CODE.get(code, UNKNOWN_KIND)


def placeholder_of(kind: str) -> str | None:
    """Returns the placeholder of a kind without words; None for text."""
    return _PLACEHOLDER_OF.get(kind)


def words_of(kind: str, text: str) -> str:
    """Returns what the sender typed: of a quote only the answer, of a picture, a voice message or a link nothing."""
    if kind == "quote":
        for pattern in _QUOTES:
            text = pattern.sub("", text)
        return text.strip()
    return text if kind == "text" else ""


def transcript_of(kind: str, text: str) -> str:
    """Returns what is said in a voice message, where the exporter had it written down.

    Around it some write how long it is, or that it is a voice message; in its place others write a file's path.
    """
    if kind != "voice":
        return ""
    for pattern in _AROUND_TRANSCRIPT:
        text = pattern.sub("", text, count=1).strip()
    return "" if _NO_TRANSCRIPT.fullmatch(text) or _PLAYING_FILE.search(text) else text


def told_in_words(text: str) -> tuple[str | None, str, str]:
    """Finds the kind of a line in a table that calls all of them text, as WeFlow's table for WeClone does.

    Returns the kind, or None and the reason why it is skipped; and the line without the mark of its kind.
    """
    if _SERVICE_LINE.search(text):
        return None, RECALLED if _RECALL.search(text) else SERVICE, ""
    marked = _MARKED.match(text)
    if marked is None:
        return "text", "", text
    name = marked[1]
    reason = _REASON_OF.get(name) or (CALL if name.endswith("通话") else "")
    kind = None if reason else _KIND_OF.get(name)
    return (kind, reason, text[marked.end() :].strip()) if kind or reason else ("text", "", text)


def photo_of(text: str) -> tuple[str, ...]:
    """Returns the path in a photo's text or source column; nothing for "[图片]" and the like."""
    text = text.strip()
    if not text or text in ("图片", "image", "photo") or _BRACKETED.match(text) or "\n" in text or text.startswith("<"):
        return ()
    return (text,)


def playing_of(kind: str, text: str) -> str:
    """Returns the path of a voice message or video that a text or source column holds; "" where it holds none."""
    text = text.strip()
    return text if kind in PLAYING and _PLAYING_FILE.search(text) else ""


def account_of(native: str) -> Account:
    """Returns an account by its id, or by its name where the export gives no id."""
    native = native.strip()
    return Account(PLATFORM, native) if is_named(native) or _ID.fullmatch(native) else named(PLATFORM, native)


def name_of(text: str) -> str:
    """Returns a display name; "" where the export gives an id in its place."""
    name = clean_name(text)
    return "" if re.match(r"wxid_|gh_|name:", name) or re.fullmatch(r"\S+@[a-z]+", name) else name


def is_group_id(native: str) -> bool:
    return native.endswith("@chatroom") or native.endswith("@im.chatroom")


def server_id(text: object) -> str | None:
    """Returns WeChat's own message id, the same in everybody's export; None where a spreadsheet has rounded it."""
    value = str(text or "").strip()
    if not value.isdecimal() or value == "0" or (len(value) >= 17 and value.endswith("0000")):
        return None
    return value


def message_of(
    chat: str,
    kind: str,
    content: str,
    sender: tuple[Account, str],
    moment: Moment,
    position: int,
    native: str | None = None,
    answered: str | None = None,
) -> ReadMessage | Skipped:
    """Returns the message of a row that has one content for all kinds.

    kind: as `kind_of` tells it. sender: the account and its name. native, answered: ids, where the export has them.
    """
    account, name = sender
    text, placeholder = words_of(kind, content), placeholder_of(kind)
    photos = photo_of(content) if kind == "photo" else ()
    if not text and placeholder is None:
        return Skipped(chat, EMPTY)
    return ReadMessage(
        chat=chat,
        sender=account,
        sender_name=name,
        sent_ms=moment.ms,
        position=position,
        text=text,
        photos=photos,
        placeholder=None if photos else placeholder,
        forwarded=kind == "forward",
        native_id=native,
        reply_to=answered,
        is_bot=looks_like_bot(name),
        resolution_ms=moment.resolution_ms,
        local_time=moment.local,
        transcript=transcript_of(kind, content),
        plays=playing_of(kind, content),
    )
