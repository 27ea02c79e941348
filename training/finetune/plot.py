"""The loss curves as a picture."""

import io
from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.finetune.checkpoint import Measured, Position

_INK, _SOFT, _TRAIN, _HELD_OUT = "#1f2933", "#9aa5b1", "#8fb8de", "#d1495b"


def loss_plot(position: Position) -> bytes:
    """A PNG: text and decision loss, on what is learnt and on held-out days, over the tokens learnt."""
    kinds: list[tuple[str, str, Callable[[Measured], float | None]]] = [
        ("Text", "nats a token", lambda one: one.text),
        ("Decision", "nats a decision", lambda one: one.decision),
    ]
    shown = [kind for kind in kinds if any(kind[2](one) is not None for one in (*position.train, *position.held_out))]
    figure = Figure(figsize=(5.2 * max(len(shown), 1), 3.8), dpi=150, layout="constrained")
    for number, (title, unit, value) in enumerate(shown, 1):
        axes = figure.add_subplot(1, len(shown), number)
        _dress(axes, title, unit)
        learnt = _points(position.train, value)
        axes.plot(*learnt, color=_TRAIN, linewidth=0.9, alpha=0.55)
        axes.plot(learnt[0], _smooth(learnt[1]), color=_TRAIN, linewidth=2, label="learnt from")
        held_out = _points(position.held_out, value)
        kept = next((one for one in reversed(position.held_out) if one.step == position.best_step), None)
        label = "held-out days"
        if kept is not None and (best := value(kept)) is not None:
            axes.plot([kept.tokens / 1000], [best], "o", color=_HELD_OUT, markersize=11, fillstyle="none")
            label += f": {held_out[1][0]:.2f} → {best:.2f}"
        axes.plot(*held_out, color=_HELD_OUT, linewidth=2, marker="o", markersize=4, label=label)
        axes.margins(x=0.04, y=0.15)
        axes.set_ylim(bottom=max(axes.get_ylim()[0], 0.0))
        axes.legend(frameon=False, labelcolor=_INK, fontsize=9, loc="upper right")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _dress(axes: Axes, title: str, unit: str) -> None:
    axes.set_title(title, loc="left", color=_INK, fontweight="bold")
    axes.set_xlabel("thousand tokens learnt", color=_INK)
    axes.set_ylabel(unit, color=_INK)
    axes.tick_params(colors=_SOFT, labelcolor=_INK)
    axes.grid(axis="y", color=_SOFT, alpha=0.25)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(_SOFT)


def _points(measured: Sequence[Measured], value: Callable[[Measured], float | None]) -> tuple[list[float], list[float]]:
    pairs = [(one.tokens / 1000, found) for one in measured if (found := value(one)) is not None]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _smooth(values: Sequence[float]) -> list[float]:
    """A running mean over a tenth of the curve, centred."""
    half = max(len(values) // 20, 1)
    windows = [values[max(0, index - half) : index + half + 1] for index in range(len(values))]
    return [sum(window) / len(window) for window in windows]
