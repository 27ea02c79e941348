"""From what the subject wrote outside of chats to what is learnt of it: pages, each marked as what it is.

They are one-sided, and nothing is measured by them. At most a share of what is learnt is theirs, so that the avatar
goes on talking as in chats: of each kind, addressee and month a page, the newest first, then a second of each.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from bot.chat.dialogue import Bubble, Page, Scene, Speaker, Turn
from bot.chat.prompt import Codec, render
from bot.chat.prompt.render import BUBBLE_TOKENS
from bot.consent import Use, agreed
from bot.message import Account, ChatKind
from bot.people import Contact, People
from bot.persona import Persona
from bot.store.corpus import Corpus
from bot.store.writings import left_out, writings
from bot.workspace import Workspace
from bot.writing import Addressee, Writing, WritingKind
from training.data.dialogues import Dialogue
from training.data.redaction import Secret, redact
from training.data.splits import Split, Splits

SHARE = 1 / 3
"""Of the tokens that are learnt, at most so many are of pages."""

NO_CONSENT = "nobody agreed that they are learnt (`echoes consent`)"
TO_LEFT_OUT = "to somebody who is left out"
NOT_THEIRS = "by an account that is not the subject's (`echoes subject --also`)"
MEASURED = "of days that are kept to measure on"
TOO_MUCH = "beyond their share of what is learnt"
NO_WORDS = "nothing to read"

_UNDATED = date(2000, 1, 1)  # never shown
_SLACK = 16  # tokens kept free: "somebody" is longer than some names
_SENTENCE = re.compile(r"(?<=[。！？!?…])(?![”’」』。！？!?…])|(?<=\.\s)")
_WORD = re.compile(r"(?<=\s)")


@dataclass(frozen=True, slots=True)
class WritingsAccount:
    """What became of one kind of writings. usable: those that may be learnt; learnt: those of which some page is.

    pages: of these, all together. lost: those that are not learnt, by reason. read = learnt + Σ lost.
    """

    kind: WritingKind
    read: int
    usable: int
    learnt: int
    pages: int
    lost: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "read": self.read,
            "usable": self.usable,
            "learnt": self.learnt,
            "pages": self.pages,
            "lost": dict(self.lost),
        }


@dataclass(frozen=True, slots=True)
class Pages:
    """dialogues: the pages that are learnt, each a dialogue of one turn. recipients: whom these went to.

    replaced: what was replaced in them before anything is learnt, by reason.
    """

    dialogues: tuple[Dialogue, ...] = ()
    accounts: tuple[WritingsAccount, ...] = ()
    recipients: frozenset[Account] = frozenset()
    replaced: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A page with the writing that it is of. learnt: its tokens that are."""

    writing: Writing
    dialogue: Dialogue
    learnt: int
    replaced: Counter[str]


def load_pages(
    workspace: Workspace,
    persona: Persona,
    people: People,
    codec: Codec,
    length: int,
    splits: Splits,
    chats: Sequence[Dialogue],
    share: float = SHARE,
) -> Pages:
    """Loads what is learnt beside `chats`, the dialogues of the training days. length: most tokens of a page's prompt.

    Raises ConsentError where the record of the consent is damaged.
    """
    with Corpus.open(workspace.corpus, people.left_out) as corpus:
        found, gone = writings(corpus), left_out(corpus)
    if not found and not gone:
        return Pages()
    lost: dict[WritingKind, Counter[str]] = {kind: Counter({TO_LEFT_OUT: gone.get(kind, 0)}) for kind in WritingKind}
    allowed = agreed(workspace.consent, Use.WRITINGS)
    cut: list[_Cut] = []
    usable: Counter[WritingKind] = Counter()
    for one in found:
        reason = _not_usable(one, people, splits, allowed)
        pages = [] if reason else list(_pages(one, persona, people, codec, length))
        if pages:
            usable[one.kind] += 1
            cut += pages
        else:
            lost[one.kind][reason or NO_WORDS] += 1
    chosen = _within(cut, share, sum(_learnt(one, codec) for one in chats))
    taken = {one.writing.id for one in chosen}
    for id_, kind in {one.writing.id: one.writing.kind for one in cut}.items():
        lost[kind][TOO_MUCH] += id_ not in taken
    number = Counter(one.kind for one in found) + Counter(gone)
    return Pages(
        tuple(one.dialogue for one in chosen),
        tuple(
            WritingsAccount(
                kind,
                number[kind],
                usable[kind],
                number[kind] - lost[kind].total(),
                sum(one.writing.kind is kind for one in chosen),
                +lost[kind],
            )
            for kind in WritingKind
            if number[kind]
        ),
        frozenset(to.account for one in chosen for to in one.writing.to if to.account is not None),
        sum((one.replaced for one in chosen), Counter[str]()),
    )


def _not_usable(writing: Writing, people: People, splits: Splits, allowed: bool) -> str:
    """Returns why nothing of it may be learnt; "" where it may."""
    if not allowed:
        return NO_CONSENT
    if writing.author is not None and writing.author not in people.subject:
        return NOT_THEIRS
    days = [writing.day, splits.day_of(writing.at) if writing.at else None]
    return MEASURED if any(day and splits.split_of(day) is not Split.TRAIN for day in days) else ""


def _within(cut: Sequence[_Cut], share: float, chats: int) -> list[_Cut]:
    """Returns the pages that are learnt, in their order. chats: the tokens that are learnt of chats."""
    room = chats * share / (1 - share)
    rank: Counter[tuple[object, ...]] = Counter()
    ranked: list[tuple[int, float, int]] = []
    for place in sorted(range(len(cut)), key=lambda place: (-_newest(cut[place]), place)):
        one = cut[place].writing
        like = (one.kind, one.to[:1], (one.day.year, one.day.month) if one.day else one.source)
        rank[like] += 1
        ranked.append((rank[like], -_newest(cut[place]), place))
    taken: list[int] = []
    for _, _, place in sorted(ranked):
        if cut[place].learnt <= room:
            room -= cut[place].learnt
            taken.append(place)
    return [cut[place] for place in sorted(taken)]


def _newest(cut: _Cut) -> int:
    return cut.writing.day.toordinal() if cut.writing.day else 0


def _learnt(dialogue: Dialogue, codec: Codec) -> int:
    return sum(render(dialogue.scene, dialogue.turns, codec).loss_mask(dialogue.context))


def _pages(writing: Writing, persona: Persona, people: People, codec: Codec, length: int) -> Iterator[_Cut]:
    """Cuts a writing into pages that fit, between its lines, or within one that is longer than any bubble."""
    replaced: Counter[str] = Counter()

    def seen(kind: Secret) -> None:
        replaced[f"replaced: {kind}"] += 1

    text, title = redact(writing.text, seen), redact(writing.title)
    first = writing.to[0] if writing.to else Addressee()
    page = Page(writing.kind, writing.day, title, to_others=len(writing.to) > 1)
    scene = Scene(persona, ChatKind.PRIVATE, _speaker(first, people), times=False, page=page)
    room = length - _SLACK - len(render(_going_on(scene), (), codec).ids)
    held: list[str] = []
    size, begun = 0, False
    for line, ends in _lines(text, codec, min(BUBBLE_TOKENS, room)):
        tokens = len(codec.encode(f"{line}\n"))
        if held and size + tokens > room:
            yield _cut(writing, _going_on(scene) if begun else scene, held, codec, replaced)
            replaced, held, size, begun = Counter(), [], 0, True
        held.append(line)
        size += tokens
        if ends:
            size = room  # the next line is another page's
    if held:
        yield _cut(writing, _going_on(scene) if begun else scene, held, codec, replaced)


def _going_on(scene: Scene) -> Scene:
    assert scene.page is not None
    return replace(scene, page=replace(scene.page, goes_on=True))


def _cut(writing: Writing, scene: Scene, lines: Sequence[str], codec: Codec, replaced: Counter[str]) -> _Cut:
    day = writing.day or _UNDATED
    turn = Turn(None, tuple(map(Bubble, lines)), datetime(day.year, day.month, day.day, tzinfo=UTC))
    dialogue = Dialogue(writing.kind.value, scene, (turn,), 0, day, (False,), (0,))
    return _Cut(writing, dialogue, _learnt(dialogue, codec), replaced)


def _lines(text: str, codec: Codec, most: int) -> Iterator[tuple[str, bool]]:
    """Yields each line of a text, and whether it breaks off: one of more than `most` tokens comes in several."""
    for line in text.splitlines():
        if not line.strip():
            continue
        if len(codec.encode(line)) < most:
            yield line, False
            continue
        held, size = "", 0
        for piece in _pieces(line, codec, most):
            tokens = len(codec.encode(piece)) + 1
            if held.strip() and size + tokens > most:
                yield held.strip(), True
                held, size = "", 0
            held, size = held + piece, size + tokens
        yield held.strip() or line[-1:], False


def _pieces(line: str, codec: Codec, most: int) -> Iterator[str]:
    """Yields the sentences of a line; of one that is too long the words, and of such a word what fits for certain."""
    short = max(most // 4, 1)  # characters: none takes more than four tokens
    for sentence in _SENTENCE.split(line):
        if len(codec.encode(sentence)) < most:
            yield sentence
            continue
        for word in _WORD.split(sentence):
            yield from (word[start : start + short] for start in range(0, len(word), short))


def _speaker(to: Addressee, people: People) -> Speaker:
    """How whom it went to appears: as the contact that they are, or by the name that the writing has."""
    contact = people.find(to.account) if to.account else None
    contact = contact or _named(to.name, people)
    if contact is not None:
        return Speaker(contact.name, contact.relationship)
    return Speaker(redact(to.name) or None)


def _named(name: str, people: People) -> Contact | None:
    """The only contact of that name."""
    folded = name.casefold()
    found = [one for one in people.contacts if folded and folded in (one.slug.casefold(), one.name.casefold())]
    return found[0] if len(found) == 1 else None
