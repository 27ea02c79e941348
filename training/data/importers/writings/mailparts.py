"""The headers and the text of a mail, whatever is broken in them: characters by their charset, or by what they are."""

from collections.abc import Iterator
from email.header import decode_header
from email.message import Message

from training.data.importers.encoding import head_text
from training.data.importers.writings.hypertext import plain

_LONGEST_HEADER = 20_000
_LONGEST_TEXT = 1 << 20  # characters that are looked at
_LONGEST_PART = 4 << 20  # bytes of one part, as it travels
_MOST_PARTS = 200
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "ks_c_5601-1987": "cp949", "us-ascii": "utf-8"}
"""Charsets that programs name for what holds more than these: the wider one reads both."""


def header(mail: Message, name: str) -> str:
    """Returns a header's words; "" where it has none."""
    return words(str(mail.get(name, ""))[:_LONGEST_HEADER])


def headers(mail: Message, name: str) -> list[str]:
    """Returns each header of that name as it travels, encoded words and all."""
    return [str(value)[:_LONGEST_HEADER] for value in mail.get_all(name, [])]


def words(value: str) -> str:
    """Returns a header's text, its encoded words decoded; raw characters beyond ASCII are what they look like."""
    pieces = []
    for piece, charset in decode_header(value):
        if isinstance(piece, str):
            piece = piece.encode("utf-8", "surrogateescape")
        pieces.append(_decoded(piece, charset))
    return "".join(pieces)


def text(mail: Message) -> str:
    """Returns what a mail says: its plain text, or else that of its HTML. Attached files are no words."""
    texts: list[str] = []
    pages: list[str] = []
    for part in _parts(mail):
        kind = part.get_content_type()
        if kind == "text/plain":
            texts.append(_unfolded(part))
        elif kind == "text/html":
            pages.append(_content(part))
    said = "\n\n".join(one for one in texts if one.strip())
    return said or "\n\n".join(plain(page) for page in pages)


def _parts(mail: Message) -> Iterator[Message]:
    """Yields the parts that are shown; not those of a mail that is passed on as a whole."""
    waiting, number = [mail], 0
    while waiting and number < _MOST_PARTS:
        part = waiting.pop(0)
        number += 1
        if part.get_content_maintype() == "message" or part.get_content_disposition() == "attachment":
            continue
        inside = part.get_payload()
        if isinstance(inside, list):
            waiting[:0] = [one for one in inside if isinstance(one, Message)]
        elif part.get_filename() is None:
            yield part


def _content(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    return _decoded(payload[:_LONGEST_PART], part.get_content_charset())[:_LONGEST_TEXT].replace("\r\n", "\n")


def _unfolded(part: Message) -> str:
    """Returns plain text; in `format=flowed` a line that ends with a space goes on in the next (RFC 3676)."""
    said = _content(part)
    if str(part.get_param("format", "")).lower() != "flowed":
        return said
    drop = str(part.get_param("delsp", "")).lower() == "yes"
    lines: list[str] = []
    flows = False
    for line in said.split("\n"):
        signature = line == "-- "
        stuffed = line[1:] if line.startswith(" ") else line
        if flows and not signature and stuffed.startswith(">") == lines[-1].startswith(">"):
            lines[-1] += stuffed.lstrip("> ") if stuffed.startswith(">") else stuffed
        else:
            lines.append(stuffed)
        flows = line.endswith(" ") and not signature
        if flows and drop:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def _decoded(data: bytes, charset: str | None) -> str:
    """Decodes as the mail says, or, where that cannot be, as what the bytes look like."""
    name = (charset or "").lower()
    try:
        return data.decode(_WIDER.get(name, name) or "utf-8")
    except (LookupError, UnicodeDecodeError, ValueError):
        said = head_text(data.replace(b"\0", b""))
        return said if said is not None else data.decode("utf-8", "replace")
