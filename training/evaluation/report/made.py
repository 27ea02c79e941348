"""How a LoRA came about, from its own record, for the end of a report."""

import json
from pathlib import Path

from training.evaluation.panel import tell

RECORD = "training.json"


def training_facts(lora: Path | None, language: str) -> dict[str, str]:
    """Label → value; empty where there is no LoRA or no record of it that can be read."""
    if lora is None:
        return {}
    try:
        record = json.loads((lora / RECORD).read_text("utf-8"))
        preset, position = record["preset"], record["position"]
        return {
            tell(language, "Preset", "预设"): str(preset["name"]),
            tell(language, "LoRA", "LoRA"): tell(
                language,
                f"rank {preset['rank']}, learning rate {preset['learning_rate']:g}, {record['weights']:,} weights",
                f"秩 {preset['rank']}，学习率 {preset['learning_rate']:g}，{record['weights']:,} 个权重",
            ),
            tell(language, "Learnt from", "学习材料"): tell(
                language,
                f"{record['dialogues']:,} dialogues with {record['turns']:,} replies and {record['decisions']:,} "
                f"decisions, {position['tokens']:,} tokens read",
                f"{record['dialogues']:,} 段对话，含 {record['turns']:,} 个回答和 {record['decisions']:,} 次决定，"
                f"共读 {position['tokens']:,} 个词元",
            ),
            tell(language, "Training took", "训练用时"): tell(
                language,
                f"{position['seconds'] / 60:.0f} minutes on {record['hardware']}",
                f"{position['seconds'] / 60:.0f} 分钟，{record['hardware']}",
            ),
            tell(language, "Training's seed", "训练种子"): str(record["seed"]),
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}
