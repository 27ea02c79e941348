"""Panel C: one thing in the prompt exchanged, the relationship or the photo."""

from training.evaluation.swap.panel import panel

__all__ = ["panel"]
