from training.evaluation.panels.personality.panel import panel

__all__ = ["panel"]
