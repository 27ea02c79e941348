"""What is compared: presets that differ in one choice, the most telling first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.errors import UsageError
from training.finetune.presets import PAPER, TUNED, Preset


@dataclass(frozen=True, slots=True)
class Variant:
    """name: of the row, and in its LoRA's folder. what: how it differs, in a few words."""

    name: str
    what: str
    preset: Preset

    def lora(self, seed: int) -> str:
        """The folder in loras/."""
        return f"ablation-{self.name}" + (f"-seed{seed}" if seed else "")


REFERENCE, BASE = "tuned", "base"


def _rank(rank: int) -> Preset:
    """At the same strength."""
    return replace(TUNED, rank=rank, alpha=TUNED.alpha * rank // TUNED.rank)


VARIANTS: Mapping[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant(REFERENCE, "preset tuned", TUNED),
        Variant("paper", "preset paper", PAPER),
        Variant("lr-3e-4", "learning rate 3e-4", replace(TUNED, learning_rate=3e-4, wide_rate=None)),
        Variant("lr-3e-3", "learning rate 3e-3", replace(TUNED, learning_rate=3e-3, wide_rate=None)),
        Variant("paper-lr-1e-3", "preset paper at learning rate 1e-3", replace(PAPER, learning_rate=1e-3)),
        Variant("packed-off", "one sample a reply", replace(TUNED, packed=False)),
        Variant("balanced", "as many silences as answers", replace(TUNED, negatives="balanced")),
        Variant(
            "dropout-off",
            "names and relationships always told",
            replace(TUNED, name_dropout=0.0, relationship_dropout=0.0),
        ),
        Variant("rank-4", "rank 4", _rank(4)),
        Variant("rank-64", "rank 64", _rank(64)),
        Variant("bubbles-off", "a turn's bubbles joined by spaces", replace(TUNED, bubbles=False)),
        Variant("decision-0.25", "decision's weight 0.25", replace(TUNED, decision_weight=0.25)),
        Variant("decision-4", "decision's weight 4", replace(TUNED, decision_weight=4.0)),
        Variant("quiet-1", "every dialogue without a word of the subject", replace(TUNED, quiet_share=1.0)),
    )
}


def chosen(names: Sequence[str] | None) -> list[Variant]:
    """Those named, in their own order; all of them for None. Raises UsageError for a name that is none."""
    unknown = [name for name in names or () if name not in VARIANTS]
    if unknown:
        raise UsageError(f"--only: there is no {', '.join(unknown)}; choose among {', '.join(VARIANTS)}.")
    return [variant for variant in VARIANTS.values() if names is None or variant.name in names]
