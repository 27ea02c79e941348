from training.evaluation.panels.privacy.panel import panel

__all__ = ["panel"]
