"""When to speak: the decision beside simple rules, on days that were not learnt."""

from training.evaluation.panels.decision.panel import panel

__all__ = ["panel"]
