"""Runs of digits: which may be somebody's number to call, to pay with or to find them by, and which are none.

One group of digits is, where nothing says that it counts or orders something. Of several groups those are that stand as
numbers are written; of the rest those that are a phone number in a country where somebody may live.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import isbn

from training.data.identities import NOT_AFTER, NOT_BEFORE

_RUN = re.compile(NOT_BEFORE + r"(?:\+\s?)?\(?\d(?:(?:[ \-–./]|\) ?| ?\()?\d){6,18}" + NOT_AFTER)
_UNITS = (
    r"元|块|万|千|亿|円|€|£|\$|usd|eur|gbp|rmb|cny|dollars?|euros?|pounds?|km|m|met(?:re|er)s?|views?|steps?|公里|米|次|人|步|"
    "年|%"
)
_CLOCK = r"(?:[01]\d|2[0-3])[0-5]\d"
_NOT_SECRET = (  # no number to reach somebody by is looked for in these
    re.compile(r"(?:https?://|www\.)[^\s一-鿿，。！？）]+", re.IGNORECASE),
    re.compile(r"(?<!\d)(?:19|20)\d\d([-/.年])\s?\d{1,2}[-/.月]\s?\d{1,2}日?(?!\d)"),
    re.compile(r"(?<!\d)\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d(?!\d)"),
    re.compile(r"(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"),
    re.compile(r"(?<!\d)\d{1,2}:\d\d(?::\d\d)?(?!\d)"),
    re.compile(rf"(?<![\d+-])[01]\d[0-5]\d\s?[-–]\s?{_CLOCK}(?![\d-])"),
    re.compile(r"[$€£¥￥]\s?\d[\d.,]*(?: \d{3})*"),
    re.compile(rf"(?<![\d+])\d[\d.,]*(?: \d{{3}})*\s?(?:{_UNITS})(?![A-Za-z])", re.IGNORECASE),
    re.compile(r"(?<![\d.])\d+\.\d+(?![\d.]*\d)"),
    re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\d)"),
)
_ORDERS = re.compile(
    r"(?:订单|单号|运单|快递|编号|流水|工单|取件|票房|成本|房价|收入|人口|播放|#|(?<![a-z])(?:order|tracking|ticket|case|invoice|ref|reference|bug|issue|pr|build|"
    r"isbn|no\.))(?: ?(?:no\.?|number|id|号|码|是|就|有|为|达))?[ :：#]*(?:\w+-)?$",
    re.IGNORECASE,
)
"""What stands before the number of a thing, or of things."""
_REACHES = re.compile(
    r"(?:电话|手机|号码|微信|座机|联系|拨打|(?<![a-z])(?:tel|phone|mobile|cell|call|text|whatsapp|line|fax|ring|dial|number)"
    r"\b(?: is|'s)?)[^\d]{0,9}$",
    re.IGNORECASE,
)
_COUNTS = re.compile(r"(\d)\1+|23+|[1-9]\d{0,2}0{5,}")  # 66666666, 2333333, 8500000
_COUNTRIES = (
    "CN HK TW MO SG MY US GB IE DE AT CH FR ES IT NL BE PT SE NO DK FI PL CZ GR TR RU UA AU NZ JP KR IN TH VN PH ID BR "
    "MX AR ZA"
)
_BEFORE = 24  # letters before a run that may say what it is


def numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """Yields where runs stand that may be somebody's number, with their digits."""
    open_text = list(text)
    for pattern in _NOT_SECRET:
        for match in pattern.finditer(text):
            open_text[match.start() : match.end()] = "\0" * len(match[0])
    for match in _RUN.finditer("".join(open_text)):
        start, end = match.span()
        before = text[max(0, start - _BEFORE) : start]
        if not _ORDERS.search(before) and _is_number(match[0], bool(_REACHES.search(before))):
            yield start, end, "".join(re.findall(r"\d", match[0]))


def is_card(digits: str) -> bool:
    """Whether digits are those of a card, by the check digit (ISO/IEC 7812-1)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return len(digits) >= 13 and (sum(doubled) + sum(int(digit) for digit in digits[::-2])) % 10 == 0


def _is_number(run: str, said_so: bool) -> bool:
    """said_so: the words before it say that it is one."""
    groups = re.findall(r"\d+", run)
    if all(re.fullmatch(r"(?:19|20)\d\d", group) for group in groups):
        return False
    if len(groups) == 1:
        return run.startswith(("+", "(")) or not (_COUNTS.fullmatch(run) or _is_isbn(run))
    return _is_written_so(run, groups) or _calls(run, groups, said_so)


def _is_written_so(run: str, groups: list[str]) -> bool:
    """Whether groups stand as those of a number to call or to pay with do, and those of a count or a range do not."""
    lengths = tuple(map(len, groups))
    if run.startswith(("+", "(")):
        return True
    if max(lengths) <= 2:
        return groups[0].startswith("0") and lengths == (2,) * 5
    if min(lengths) == 1 and groups[0] not in ("1", "7", "8"):  # country and trunk codes of one digit
        return False
    if "." in run and lengths[-1] != 4:
        return False
    if "/" in run:
        return groups[0].startswith("0") and lengths[0] in (3, 4, 5) and run.count("/") == 1
    if groups[0].startswith("0"):
        return not all(re.fullmatch(_CLOCK, group) for group in groups)
    if re.fullmatch(r"(?:978|979)", groups[0]) and _is_isbn(run):
        return False
    return (
        (sum(lengths) >= 13 and min(lengths) >= 3)
        or lengths[-3:] in ((3, 3, 4), (3, 4, 4))
        or (lengths == (3, 4) and not run[3].isspace())
        or (len(groups) == 2 and min(lengths) >= 3 and sum(lengths) == 11 and groups[0].startswith("1"))
    )


def _calls(run: str, groups: list[str], said_so: bool) -> bool:
    """Whether a phone rings somewhere. Two numbers side by side, and three of three digits, are mostly a count."""
    if min(map(len, groups)) == 1:
        return _is_phone_number(run)
    in_threes = set(map(len, groups)) == {3}
    if len(groups) > 2:
        return said_so or (not in_threes and _is_phone_number(run))
    return said_so or (" " in run and groups[0][0] in "5689" and _is_phone_number(run))


@lru_cache(4096)
def _is_phone_number(run: str) -> bool:
    """Grouped as phone numbers are there, and with the trunk code where there is one."""
    return any(
        PhoneNumberMatcher(run, country, leniency=Leniency.STRICT_GROUPING).has_next() for country in _COUNTRIES.split()
    )


def _is_isbn(run: str) -> bool:
    return run.startswith(("978", "979")) and bool(isbn.is_valid(run))
