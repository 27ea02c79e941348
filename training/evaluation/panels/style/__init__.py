"""Panel A: whether what the avatar writes looks like what the person writes."""

from training.evaluation.panels.style.panel import panel

__all__ = ["panel"]
