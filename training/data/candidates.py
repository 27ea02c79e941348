"""Who in the corpus may be meant by a name or an id, and what language they write."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.message import Account
from bot.store.corpus import CorpusSender

_CJK = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"[A-Za-z\u00c0-\u024f\u0400-\u04ff]")
_LETTERS_A_CHARACTER = 3  # of a language in letters, that say as much as one Chinese character


@dataclass(frozen=True, slots=True)
class Meant:
    """What was found for one word. Exactly one sender is an answer; several, or only `near` ones, are a question."""

    word: str
    senders: tuple[CorpusSender, ...]
    near: tuple[CorpusSender, ...] = ()


def find(word: str, senders: Sequence[CorpusSender]) -> Meant:
    """Finds senders by `platform:id` or a display name, past ones too; else those whose names hold the word."""
    exact = [sender for sender in senders if f"{sender.account.platform}:{sender.account.id}" == word]
    if exact:
        return Meant(word, tuple(exact))
    folded = word.strip().casefold()
    named = [sender for sender in senders if any(name.casefold() == folded for name in sender.names)]
    if named:
        return Meant(word, tuple(named))
    near = [s for s in senders if folded and any(folded in name.casefold() for name in (*s.names, s.account.id))]
    return Meant(word, (), tuple(near))


def language_of(texts: Iterable[str]) -> str:
    """Returns zh or en, by the share of Chinese characters."""
    joined = "\n".join(texts)
    return "zh" if len(_CJK.findall(joined)) * _LETTERS_A_CHARACTER > len(_LETTER.findall(joined)) else "en"


def names_of(accounts: Iterable[Account], senders: Sequence[CorpusSender]) -> list[str]:
    """Lists the display names of accounts: the most used account first, the latest name of each before older ones."""
    wanted = set(accounts)
    names: dict[str, None] = {}
    for sender in senders:
        if sender.account in wanted:
            names.update(dict.fromkeys(name for name in sender.names if name and name != "我"))
    return list(names)
