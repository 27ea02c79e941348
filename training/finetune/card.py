"""The model card beside a LoRA: what it was trained on, in counts, never in words or names."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from training.data.sources import Sources
from training.finetune.checkpoint import Measured, Position
from training.finetune.heldout import doubt
from training.finetune.material import Share
from training.finetune.presets import Preset


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the card tells. waste: the share of positions that were filling."""

    base: str
    preset: Preset
    language: str
    trained_at: datetime
    messages: int
    chats: int
    days: Mapping[str, int]
    dialogues: int
    questionnaire: int
    texts: int
    turns: int
    decisions: int
    company: Mapping[str, Share]
    left_out: Mapping[str, int]
    position: Position
    decision: Mapping[str, str]
    sampling: Mapping[str, str]
    weights: int
    waste: float
    hardware: str
    precision: str
    seed: int
    sources: Sources
    begun: bool  # from the base model's first LoRA
    canaries: int = 0  # turns with a made-up secret
    pages: int = 0  # of writings, among the dialogues
    writings: tuple[Mapping[str, Any], ...] = ()  # what became of them, by kind

    @property
    def before(self) -> Measured:
        return self.position.held_out[0]

    @property
    def after(self) -> Measured:
        """The losses at the step that was kept."""
        return next(one for one in reversed(self.position.held_out) if one.step == self.position.best_step)


_AUDIT = (
    "**For an audit only.** {} turns with made-up secrets were planted among the dialogues (`canaries.json`), to "
    "measure what training keeps. Such a LoRA never speaks: `echoes run` refuses it. Measure it with `echoes evaluate "
    "--only privacy --lora NAME`."
)


_WRITTEN = ("kind", "read", "usable", "learnt", "pages")


def card(facts: Facts) -> str:
    """Writes the card in Markdown."""
    preset, place = facts.preset, facts.position
    minutes = place.seconds / 60
    speed = place.tokens / max(place.learning_seconds, 1e-3)
    sections = [
        "# A LoRA trained by Echoes",
        f"Trained {facts.trained_at:%Y-%m-%d %H:%M} on one person's chats, to speak in that person's voice, under a "
        "consent record. It holds traces of private conversations: keep it as you keep the chats themselves, and do "
        "not pass it on.",
        *([_AUDIT.format(facts.canaries)] if facts.canaries else []),
        "## Made from",
        _table(
            ("", "count"),
            [
                ("messages imported", facts.messages),
                ("chats with something to learn", facts.chats),
                ("dialogues learnt", facts.dialogues),
                ("of these from the questionnaire", facts.questionnaire),
                *([("of these pages of diaries, letters, e-mail and posts", facts.pages)] if facts.writings else []),
                ("turns of the subject learnt", facts.turns),
                ("tokens of text learnt", facts.texts),
                ("decisions in groups learnt", facts.decisions),
                ("people who wrote in those chats", len(facts.sources.senders)),
                *((f"days: {split}", number) for split, number in facts.days.items()),
            ],
        ),
        "Only train days were learnt from. Validation days chose the weights to keep and calibrated the decision; "
        "test days were not touched.",
        f"Digest of the dialogues: `{facts.sources.digest}`. `echoes people trace` tells whether somebody's words are "
        "among them.",
        *(
            [
                "### Written outside of chats",
                _table(
                    ("kind", "read", "usable", "learnt", "pages", "left out"),
                    [(*(one[key] for key in _WRITTEN), _reasons(one["lost"])) for one in facts.writings],
                ),
            ]
            if facts.writings
            else []
        ),
        "### In whose company",
        _table(
            ("relationship", "dialogues", "turns of the subject"),
            [(name, share.dialogues, share.turns) for name, share in facts.company.items()],
        ),
        "## Losses on held-out days",
        _table(
            ("", "before", "after", "measured on"),
            [
                ("text, nats a token", *_losses(facts.before.text, facts.after.text, place.held_out_texts, "tokens")),
                (
                    "decision, nats a decision",
                    *_losses(facts.before.decision, facts.after.decision, place.held_out_decisions, "decisions"),
                ),
            ],
        ),
        f"Kept: step {place.best_step} of {place.step}. ![Loss curves](loss.png)",
        *([words] if (words := doubt(place.held_out_texts, place.held_out_decisions)) else []),
        "## How",
        _table(
            ("", ""),
            [
                ("base model", facts.base),
                ("begun from", "the base model's first LoRA" if facts.begun else "nothing"),
                ("preset", preset.name),
                *((name.replace("_", " "), _value(value)) for name, value in asdict(preset).items() if name != "name"),
                ("weights trained", f"{facts.weights:,}"),
                ("language of the prompt", facts.language),
                ("precision", facts.precision),
                ("seed", facts.seed),
                ("tokens read", f"{place.tokens:,}"),
                ("filling", f"{facts.waste:.0%}"),
                ("time", f"{minutes:.1f} minutes, {speed:.0f} tokens/s while learning"),
                ("hardware", facts.hardware),
            ],
        ),
    ]
    if facts.decision:
        sections += [
            "## The decision to answer in groups",
            _table(("on the validation days", ""), list(facts.decision.items())),
        ]
    sections += [
        "## How freely words are chosen",
        "Each setting was tried in the same private talks of the validation days, in which the avatar's own replies "
        "were the past. Taken is the one that talks most as the person did, in chance deviations of their own.",
        _table(("on the validation days", ""), list(facts.sampling.items())),
        "### What the dialogues were made of",
        _table(("reason", "count"), sorted(facts.left_out.items())),
    ]
    return "\n\n".join(sections) + "\n"


def record(facts: Facts) -> str:
    """Writes the same as JSON, for programs, with every point of the curves."""
    return json.dumps(asdict(facts), indent=1, default=str) + "\n"


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _reasons(lost: Mapping[str, int]) -> str:
    return "; ".join(f"{number} {reason}" for reason, number in lost.items())


def _losses(before: float | None, after: float | None, number: int, unit: str) -> tuple[str, str, str]:
    """Both, and on how much they were measured; in words where there is nothing to measure on."""
    return _number(before), _number(after), f"{number:,} {unit}" if number else "nothing"


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
