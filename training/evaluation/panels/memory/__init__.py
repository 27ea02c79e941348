from training.evaluation.panels.memory.panel import panel

__all__ = ["panel"]
