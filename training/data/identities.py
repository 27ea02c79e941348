"""Identity and account numbers by their shapes and, where a shape alone is common, by their check digits."""

import re
from collections.abc import Callable, Iterator

from stdnum import iban
from stdnum.cn import uscc
from stdnum.de import idnr
from stdnum.fr import nir

NOT_BEFORE, NOT_AFTER = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"  # Chinese characters may stand on both sides
WHOLE = NOT_BEFORE + r"(?:{})" + NOT_AFTER

_BY_SHAPE = re.compile(
    WHOLE.format(
        "|".join(
            (
                r"[1-9]\d{5}[ -]?(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[ -]?\d{3}[\dXx]",  # GB 11643
                r"[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]",  # Britain, national insurance
                r"\d{3}-\d\d-\d{4}",  # the United States, social security
                r"\d\d ?[0-3]\d[01]\d{3} ?[A-Z] ?\d{3}",  # Germany, social insurance
                r"\d\d-\d\d-\d\d(?= account)",  # Britain, sort code
                r"[A-Z]{1,2}\d{7,9}",  # passports, Taiwan
                r"(?:wxid|gh)_[A-Za-z0-9]{6,}",  # WeChat
            )
        )
        + rf"|{NOT_BEFORE}[A-Z]{{1,2}}\d{{6}}[(（][\dA][)）]"  # Hong Kong
    )
)
_IBAN = re.compile(WHOLE.format(r"[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?"))
_CHECKED: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
    (re.compile(WHOLE.format(r"[0-9A-HJ-NPQRTUWXY]{18}")), uscc.is_valid),  # companies in China
    (re.compile(WHOLE.format(r"\d\d \d{3} \d{3} \d{3}")), idnr.is_valid),  # taxes in Germany
    (re.compile(WHOLE.format(r"[12] \d\d \d\d \d\d \d{3} \d{3} \d\d")), nir.is_valid),  # social insurance in France
)


def identities(text: str) -> Iterator[tuple[int, int]]:
    """Yields where identity and account numbers stand. Some may overlap."""
    for match in _IBAN.finditer(text):
        if end := _end_of_iban(match[0]):
            yield match.start(), match.start() + end
    for pattern, valid in _CHECKED:
        yield from (match.span() for match in pattern.finditer(text) if valid(match[0]))
    for match in _BY_SHAPE.finditer(text):
        yield match.span()


def _end_of_iban(found: str) -> int | None:
    """Returns where the account number ends, before capitals that merely follow it; None where there is none."""
    while len(found) >= 15:
        if iban.is_valid(found):
            return len(found)
        found = found.rpartition(" ")[0]
    return None
