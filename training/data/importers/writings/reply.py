"""What a mail's writer wrote in it: without the mail that is answered, passed-on mail, signatures and disclaimers.

By the words that mail programs put before these, in English, Chinese and some other languages.
"""

import re
from collections.abc import Iterator, Sequence

_LONGEST_INTRODUCTION = 300
_WROTE = re.compile(
    r"(?:(?:On|Am|Le|El|Il|Em|Op|Den|At|W dniu)\b.{4,}?\b"
    r"(?:wrote|writes|schrieb(?: \S.{0,80})?|schreibt|a écrit|escribió|ha scritto|escreveu|schreef|skrev|"
    r"napisał(?:\(a\))?)"
    r"(?:\s+<[^<>\n]+>)?|在?\s?.{0,80}\d{4}.{2,}?(?:写道|寫道|wrote)|.{1,80}于\s?\d{4}.{2,}?写道|\S.{0,80}<[^<>\s]+@[^<>\s]+>\s*(?:wrote|写道))"
    r"\s*[:：]\s*",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"[-_=—*>\s]*(?:original message|original mail|forwarded message|begin forwarded message|forwarded by\b.*|"
    r"ursprüngliche nachricht|weitergeleitete nachricht|message d'origine|message transféré|mensaje original|"
    r"mensaje reenviado|原始邮件|原始郵件|转发的消息|转发邮件|转发邮件信息|轉寄郵件|回复的原邮件|回复的邮件|邮件原件|"
    r"original-nachricht|-+\s*original\s*-+)[-_=—*\s:：]*",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"[*\s]*(?P<name>from|sent|date|to|cc|subject|von|gesendet|datum|an|betreff|de|envoyé|à|objet|"
    r"发件人|发送时间|发送日期|时间|收件人|抄送|抄送人|主题|寄件者|收件者|日期|主旨)[*\s]*[:：]",
    re.IGNORECASE,
)
_SENDER = frozenset(("from", "von", "de", "发件人", "寄件者"))
_LINE_ABOVE = re.compile(r"\s*[_\-—=]{10,}\s*")
_SIGNATURE = re.compile(r"\s*(?:--|—|__)\s*")
_FROM_PHONE = re.compile(
    r"\s*(?:sent (?:from|via) (?:my|mail for|yahoo|outlook|the|a)\b.{0,60}|get outlook for \w+.{0,60}|"
    r"von meinem \w+ gesendet|envoyé de mon \w+.{0,20}|enviado desde mi \w+.{0,20}|"
    r"(?:发自|發自|从)\s?(?:我的|网易|Outlook|QQ|新浪).{0,30}|来自.{0,20}(?:手机|邮箱|客户端).{0,20})\s*",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"[*\s]*(?:this (?:e-?mail|message|communication)\b.{0,80}\b(?:confidential|privileged|intended)|"
    r"the (?:information|contents?)\b.{0,60}\b(?:confidential|privileged|intended only)|"
    r"(?:confidentiality notice|disclaimer|legal notice)\b|diese e-?mail enthält vertrauliche|"
    r"ce (?:message|courriel)\b.{0,60}\bconfidentiel|"
    r"[本此](?:电子)?邮件.{0,30}(?:保密|机密)|免责声明)",
    re.IGNORECASE,
)


def own_lines(text: str) -> list[str]:
    """Returns the lines of a mail's text that its writer wrote."""
    lines = text.split("\n")
    kept: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if _ends_here(lines, place):
            break
        if (after := _introduction(lines, place)) is not None:
            quoted = next((one for one in lines[after:] if one.strip()), "")
            if not quoted.lstrip().startswith(">"):
                break  # the mail that is answered stands below as it is
            place = after
            continue
        if not line.lstrip().startswith(">") and not _FROM_PHONE.fullmatch(line):
            kept.append(line)
        place += 1
    while kept and (not kept[-1].strip() or _LINE_ABOVE.fullmatch(kept[-1])):
        kept.pop()
    return kept


def _ends_here(lines: Sequence[str], place: int) -> bool:
    """Says whether from this line on there is nothing more of the writer's: what follows is not looked at."""
    line = lines[place]
    if len(line) > _LONGEST_INTRODUCTION:
        return _DISCLAIMER.match(line[:_LONGEST_INTRODUCTION]) is not None
    if _SIGNATURE.fullmatch(line) or _ORIGINAL.fullmatch(line) or _DISCLAIMER.match(line):
        return True
    return _is_header(lines, place)


def _is_header(lines: Sequence[str], place: int) -> bool:
    """Says whether the head of another mail begins here: who sent it, and at least one more line of that kind."""
    first = _HEADER.match(lines[place][:_LONGEST_INTRODUCTION])
    if first is None or first["name"].lower() not in _SENDER:
        return False
    following = [one for one in lines[place + 1 : place + 6] if one.strip()]
    return any(_HEADER.match(one[:_LONGEST_INTRODUCTION]) for one in following[:3])


def _introduction(lines: Sequence[str], place: int) -> int | None:
    """Returns the line behind “On Tuesday Ann wrote:”, which programs break over up to three lines; None if none."""
    joined = ""
    for number, line in enumerate(_some(lines, place)):
        joined = f"{joined} {line.strip()}".strip()
        if len(joined) > _LONGEST_INTRODUCTION:
            return None
        if joined.endswith((":", "：")) and _WROTE.fullmatch(joined):
            return place + number + 1
    return None


def _some(lines: Sequence[str], place: int) -> Iterator[str]:
    """Yields this line and two more, up to an empty one."""
    for line in lines[place : place + 3]:
        if not line.strip():
            return
        yield line
