"""A sentence of its own on every day: which of them is learnt, which judges, and which is only examined."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config import load_config
from bot.engine.describe import describe
from bot.engine.models import codec_for
from bot.media import MediaStore
from bot.store.corpus import Corpus
from bot.workspace import Workspace
from tests.finetune.conftest import DAYS, MEI, NORA, START, message, numbered
from training.data.importers.run import Options, find_files, import_paths
from training.data.splits import Borders, Split
from training.evaluation.data import load_evaluation_data
from training.evaluation.respondent import occasions
from training.finetune import PRESETS, TrainSettings, train
from training.finetune.learner import Learner
from training.finetune.samples import Sample

LEARNT, JUDGING, EXAMINED = {0, 1, 2, 3}, {4, 5}, {6}


def plant(workspace: Workspace, folder: Path) -> None:
    """Mei asks for the word of each day, and Nora says it."""
    said: list[dict[str, Any]] = []
    for day in range(DAYS + 1):  # the last evening ends after midnight
        at = START + timedelta(days=day, hours=-6)
        said.append(message(at, MEI, f"what is asked{day}zq?"))
        said.append(message(at + timedelta(seconds=9), NORA, f"it is said{day}zq of course"))
    chat = {"name": "Mei", "type": "personal_chat", "id": 21, "messages": numbered(said)}
    folder.mkdir()
    (folder / "result.json").write_text(json.dumps(chat), "utf-8")
    with Corpus.open(workspace.corpus) as corpus:
        before = corpus.count()
        import_paths(corpus, MediaStore(workspace.media), find_files([folder]), Options())
        assert corpus.count() == before + len(said)


def days(text: str, kind: str) -> set[int]:
    return {int(day) for day in re.findall(rf"{kind}(\d)zq", text)}


def test_no_word_of_a_day_that_judges_or_is_examined_is_learnt(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(workspace, tmp_path / "words")
    learnt: list[str] = []
    read: list[str] = []
    step, reading = Learner.step, Learner.read

    def text(learner: Learner, samples: Sequence[Sample]) -> str:
        return "\n".join(learner.loaded.tokenizer.decode(one.ids, skip_special_tokens=False) for one in samples)

    def keep_learnt(self: Learner, batches: Sequence[Sequence[Sample]], *rest: float) -> Any:
        learnt.extend(text(self, samples) for samples in batches)
        return step(self, batches, *rest)

    def keep_read(self: Learner, samples: Sequence[Sample]) -> Any:
        read.append(text(self, samples))
        return reading(self, samples)

    monkeypatch.setattr(Learner, "step", keep_learnt)
    monkeypatch.setattr(Learner, "read", keep_read)
    lora = train(workspace, TrainSettings(replace(PRESETS["tuned"], epochs=2, quiet_share=1.0), "first"))

    assert days("\n".join(learnt), "said") == days("\n".join(learnt), "asked") == LEARNT
    shown = days("\n".join(read), "said")
    assert shown & JUDGING and not shown & EXAMINED, "losses are told of days not learnt, never of those examined"

    config, media = load_config(workspace.config), MediaStore(workspace.media)
    codec = codec_for(describe(config.model.base), media)
    data = load_evaluation_data(workspace, config, codec, 1024, Borders.load(lora))
    for split, expected in ((Split.TRAIN, LEARNT), (Split.VALIDATION, JUDGING), (Split.TEST, EXAMINED)):
        replies = [bubble for one in occasions(data.dialogues[split]) for bubble in one.real]
        assert days("\n".join(replies), "said") == expected, f"what is said on days of {split}"
