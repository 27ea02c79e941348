"""Panel B: how well the avatar foresees the subject's real words."""

from training.evaluation.panels.likelihood.panel import panel

__all__ = ["panel"]
