"""Names and numbers as people write them, made comparable: two contacts may be one person where these agree."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import phonenumbers

from bot.message import Account
from training.data.proposals.address import in_name

_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
_HANZI = re.compile(r"[\u3400-\u9fff]{2,}")
_NUMBER = re.compile(r"\+?[\d\s().-]{8,22}")
_BY_NUMBER = frozenset({"whatsapp", "sms", "imessage", "signal"})
"""Platforms whose accounts may be phone numbers; elsewhere an id of digits is a count."""
_NAMES_NOBODY = (
    "deleted account, unknown, user, facebook user, instagram user, whatsapp user, 已注销, 微信用户, qq用户, 用户, 匿名"
)
_NOBODY = frozenset(_NAMES_NOBODY.split(", "))
_NAMES_MANY = (
    "张伟 王伟 王芳 李伟 李娜 张敏 李静 王静 刘伟 王秀英 张丽 李秀英 王丽 张静 李强 张磊 王强 李军 王军 张勇 王磊 "
    "刘洋 李杰 张杰 王勇 李敏 王敏 张涛 刘涛 王涛 陈伟 陈静 李明 王超 张超 李娟 王娟 刘芳 王浩 张强"
)
_COMMON = frozenset(_NAMES_MANY.split())
"""Names that hundreds of thousands have."""
_PET = "小阿老大"  # a short Chinese name that begins so is a pet name, which many have


class Likeness(IntEnum):
    """How far two names agree; more is surer."""

    NONE = 0
    GIVEN = 1  # a given name or a pet name, which others may have too
    INITIAL = 2  # `Bern H` and `Bern Halloran`
    FULL = 3


@dataclass(frozen=True, slots=True)
class Name:
    """A display name in parts: small letters, without emoji and what stands in brackets."""

    parts: tuple[str, ...]
    capital: bool  # the last part begins with a capital, so that it may be a surname

    @classmethod
    def of(cls, text: str) -> "Name | None":
        """Returns the name; None for what names nobody: a number, `Mum`, `Deleted Account`."""
        plain = _BRACKETS.sub(" ", unicodedata.normalize("NFKC", text)).removeprefix("name:")
        words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", plain)
        folded = tuple(word.casefold() for word in words)
        if not folded or in_name(text) or " ".join(folded) in _NOBODY or not any(len(word) > 1 for word in folded):
            return None
        return cls(folded, words[-1][0].isupper())

    @property
    def hanzi(self) -> str:
        """The part in Chinese characters, or ""."""
        return next((part for part in self.parts if _HANZI.fullmatch(part)), "")

    @property
    def keys(self) -> tuple[str, ...]:
        """What two names must share to be alike at all."""
        return tuple(dict.fromkeys(part for part in (self.hanzi, self.parts[0]) if len(part) > 1))

    def shared(self, other: "Name") -> str:
        """How the two are told to the owner: by what they have in common."""
        common = tuple(part for part in self.parts if part in other.parts)
        return " ".join(common).title()


def likeness(one: Name, other: Name) -> Likeness:
    """Compares two names."""
    if one.hanzi and one.hanzi == other.hanzi:
        many = one.hanzi in _COMMON or (len(one.hanzi) == 2 and one.hanzi[0] in _PET)
        return Likeness.GIVEN if many else Likeness.FULL
    if one.parts[0] != other.parts[0] or one.hanzi or other.hanzi:
        return Likeness.NONE
    if one.parts == other.parts and len(one.parts) > 1:
        return Likeness.FULL if len(one.parts[-1]) > 1 else Likeness.INITIAL
    if one.capital and other.capital and len(one.parts) > 1 and len(other.parts) > 1:
        short, long = sorted((one.parts[-1], other.parts[-1]), key=len)
        return Likeness.INITIAL if len(short) == 1 and long.startswith(short) else Likeness.NONE
    return Likeness.GIVEN if len(one.parts[0]) > 2 else Likeness.NONE


def surname(names: Iterable[str]) -> str:
    """Returns the family name that one of the names shows, in small letters, or "". Chinese ones tell too little."""
    for name in map(Name.of, names):
        if name and not name.hanzi and name.capital and len(name.parts) > 1 and len(name.parts[-1]) > 2:
            return name.parts[-1]
    return ""


def addresses(accounts: Iterable[Account], names: Iterable[str]) -> frozenset[str]:
    """Returns phone numbers and e-mail addresses by which a contact is known."""
    known = [one.id.removeprefix("name:") for one in accounts if one.platform in _BY_NUMBER or "@" in one.id]
    found = set()
    for text in (*known, *names):
        whole, at, host = text.strip().partition("@")
        if at and "." in host and not host.endswith((".net", ".us")):
            found.add(text.strip().casefold())
        elif _NUMBER.fullmatch(whole) and sum(char.isdigit() for char in whole) >= 8:
            found.add(re.sub(r"[^\d+]", "", whole))
    return frozenset(found)


def same_address(one: str, other: str) -> bool:
    """Whether two addresses reach the same person: equal, or one number with and without its country."""
    if one == other:
        return True
    if "@" in one or "@" in other:
        return False
    match = phonenumbers.is_number_match(_international(one), _international(other))
    return bool(match >= phonenumbers.MatchType.NSN_MATCH)


def _international(number: str) -> str:
    """WhatsApp writes country codes without a sign; a number without its country stays as it is."""
    return f"+{number[2:]}" if number.startswith("00") else number
