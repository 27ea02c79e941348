"""Panel C: one thing in the prompt exchanged, the relationship or the photo."""

from training.evaluation.panels.context.panel import panel

__all__ = ["panel"]
