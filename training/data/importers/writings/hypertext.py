"""Makes plain text of a mail's HTML. What it quotes gets the `>` that plain mails have."""

from html.parser import HTMLParser

_LONGEST = 400_000  # characters that are looked at
_CHUNK = 1 << 12
_LONGEST_TAG = 1 << 14  # characters that the parser may hold back, waiting for the end of a tag
_BLOCKS = frozenset(("p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "hr", "pre",
                     "blockquote", "section", "article"))  # fmt: skip
_APART = frozenset(("p", "h1", "h2", "h3", "h4", "blockquote", "pre"))
_SILENT = frozenset(("style", "script", "head", "title"))
_VOID = frozenset(("br", "hr", "img", "meta", "link", "input", "col", "base"))
_QUOTES = ("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote", "ntes_forward", "isReplyContent")
_REPLIES = ("divRplyFwdMsg", "appendonsend", "replySplit", "isForwardContent")
"""Ids of what stands above the mail that is answered."""

_CUT = "-----Original Message-----"


def plain(html: str) -> str:
    """Returns the text that a reader would see."""
    reader = _Reader()
    for start in range(0, min(len(html), _LONGEST), _CHUNK):
        reader.feed(html[start : start + _CHUNK])
        if len(reader.rawdata) > _LONGEST_TAG:
            break  # a tag without an end
    else:
        reader.close()
    return reader.text


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._open: list[tuple[str, bool]] = []  # the elements around, and whether each is a quotation
        self._quoted = self._silent = 0

    @property
    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in _BLOCKS:
            self._end_line(apart=tag in _APART)
        if any(mark in values.get("id", "") for mark in _REPLIES):
            self._lines.append(_CUT)
        if tag in _VOID:
            return
        quoted = tag == "blockquote" or any(mark in values.get("class", "") for mark in _QUOTES)
        self._open.append((tag, quoted))
        self._quoted += quoted
        self._silent += tag in _SILENT

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._end_line(apart=tag in _APART)
        if not any(name == tag for name, _ in self._open[-64:]):
            return
        while self._open:
            name, quoted = self._open.pop()
            self._quoted -= quoted
            self._silent -= name in _SILENT
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._line.append(data)

    def _end_line(self, *, apart: bool = False) -> None:
        words = " ".join("".join(self._line).split())
        self._line.clear()
        if words:
            self._lines.append(f"> {words}" if self._quoted else words)
        if apart and self._lines and self._lines[-1]:
            self._lines.append("")
