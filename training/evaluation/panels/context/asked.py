"""What there is to exchange in a person's chats, and what each voice made of it."""

from dataclasses import dataclass

from bot.message import ChatKind
from training.data.splits import Split
from training.evaluation.held import Held
from training.evaluation.limits import Limits, spread
from training.evaluation.panel import Kind, tell
from training.evaluation.panels.context import adaptation, pictures, relationships
from training.evaluation.panels.context.adaptation import Judge, Said, Side
from training.evaluation.panels.context.pictures import Shown, Sight
from training.evaluation.panels.context.relationships import Swapped, Tagged
from training.evaluation.panels.style.masking import Mask
from training.evaluation.voice import Occasion, Voice, Voices, occasions, some_occasions
from training.statistics import NAN, Value


@dataclass(frozen=True)
class Asked:
    """What one voice made of it. written: its answers where the subject answered, by side; None without sides."""

    voice: Voice
    tagged: Tagged
    sight: Sight
    written: Said | None


@dataclass(frozen=True)
class Known:
    """What there is to ask about.

    photos: how many replies to photos there are; `shown` may be fewer. asked: where the subject answered in private, as
    panel A has it answered. judge: of the side that a reply is for, and `real`, how well it tells that of real ones.
    """

    held: Held
    items: tuple[Swapped, ...]
    shown: tuple[Shown, ...]
    photos: int
    captions: dict[str, str]
    asked: tuple[Occasion, ...]
    side: Side | None
    judge: Judge | None
    real: Value

    def tell(self, en: str, zh: str) -> str:
        return tell(self.held.language, en, zh)

    @property
    def unadapted(self) -> str | None:
        """Why nothing can be said of relationships."""
        name = self.held.persona.name
        if not self.items:
            return self.tell(
                f"{name} has no private chats with people of different relationships, both learnt and held out.",
                f"{name}没有与不同关系的人的私聊，或训练日、测试日里缺了一边。",
            )
        if self.side is None or self.judge is None:
            return self.tell(
                f"{name} wrote too few private replies to people close to them and to others: "
                f"{adaptation.FEWEST} each are needed on the validation days and on the test days.",
                f"{name}写给亲近的人和其他人的私聊回复太少：评判日和测试日每边各需 {adaptation.FEWEST} 条。",
            )
        if not adaptation.separates(self.real):
            return self.tell(
                f"{name} does not adapt: real messages to different people cannot be told apart.",
                f"{name}对谁说话都差不多：真实消息也分不出是写给谁的。",
            )
        return None

    @property
    def unseen(self) -> str | None:
        """Why nothing can be said of pictures."""
        number, name = self.photos, self.held.persona.name
        if number >= pictures.FEWEST:
            return None
        return self.tell(
            f"Pictures: {name} answered {number} photos on days that were not learnt; {pictures.FEWEST} are needed.",
            f"图片：在没学过的日子里，{name}回复过的照片有 {number} 次，至少需要 {pictures.FEWEST} 次。",
        )


def ask_all(known: Known, voices: Voices) -> dict[Kind, Asked]:
    """The base model is not asked with names, nor for one wrong tag against another."""
    every = ((Kind.AVATAR, voices.avatar), (Kind.AGAINST, voices.against), (Kind.BASE, voices.base))
    return {kind: _ask(known, voice, whole=kind is not Kind.BASE) for kind, voice in every if voice}


def know(held: Held, limits: Limits) -> Known:
    """Everything that the panel will ask, within the limits."""
    captions = pictures.sample_captions()
    photos = pictures.shown(held, captions)
    items = relationships.swapped(relationships.private(held, Split.TEST), relationships.known(held))
    test = some_occasions(held.dialogues.get(Split.TEST, ()), limits.written)  # those that panel A has answered
    asked = tuple(one for one in test if one.kind is ChatKind.PRIVATE and one.real)
    learnt = [one for one in occasions(relationships.private(held, Split.VALIDATION)) if one.real]
    side = adaptation.sides(learnt, asked)
    judge, real = None, Value(NAN)
    if side:
        judge = Judge.learnt(adaptation.said(learnt, [one.real for one in learnt], side), Mask.of_held(held))
        real = judge.accuracy(adaptation.said(asked, [one.real for one in asked], side))
    return Known(
        held,
        tuple(spread(items, limits.swapped)),
        tuple(spread(photos, limits.swapped)),
        len(photos),
        captions,
        asked,
        side,
        judge,
        real,
    )


def _ask(known: Known, voice: Voice, *, whole: bool) -> Asked:
    written = None
    if known.side:
        answers = voice.write([one.question for one in known.asked])
        written = adaptation.said(known.asked, answers, known.side)
    return Asked(
        voice,
        relationships.ask(voice, known.items, whole=whole),
        pictures.ask(voice, known.shown, known.captions, known.held.language),
        written,
    )
