"""A busy public group, where it is at hand: the simple baselines, against which every avatar is measured."""

from collections import Counter
from pathlib import Path

import pytest

from bot.chat.prompt import Codec
from bot.media import MediaStore
from bot.message import Account
from bot.people import People
from bot.persona import Persona
from bot.store.corpus import Corpus
from tests.support import byte_codec
from training.data.cutting import build
from training.data.dialogues import DialogueSettings
from training.data.importers import Options, find_files, import_paths
from training.data.points import of_split, points
from training.data.splits import Split, Splits
from training.evaluation.driver import values
from training.evaluation.panels.decision.measures import Truth, measures
from training.evaluation.panels.decision.predictions import baselines, calibrated

GROUP = Path(__file__).parents[3] / "shared" / "data" / "group-chat" / "result.json"
SUBJECT = People.of((), (Account("telegram", "100010"),))


@pytest.mark.skipif(not GROUP.exists(), reason=f"the group chat is not at {GROUP}")
def test_simple_gates_on_held_out_days(tmp_path: Path) -> None:
    media = MediaStore(tmp_path / "media")
    with Corpus.open(tmp_path / "corpus.sqlite") as corpus:
        import_paths(corpus, media, find_files([GROUP]), Options())
        splits = Splits.of_corpus(corpus, SUBJECT)
        settings = DialogueSettings(max_tokens=3000)
        found = points(corpus, SUBJECT, Persona("SandBat"), settings.gap, splits)
        counts = build_counts(corpus, byte_codec(media), settings, splits)
    assert [sum(splits.split_of(day) is split for day in splits.days) for split in Split] == [12, 4, 4]
    assert counts["decisions: answered"] + counts["decisions: silent"] == len(found)
    assert counts["decisions: answered"] == sum(point.spoke for point in found)
    learnt, tested = of_split(found, Split.TRAIN, Split.VALIDATION), of_split(found, Split.TEST)
    truth = Truth.of(tested)
    predictions = [values(measures(calibrated(tested, rule), truth)) for rule in baselines(learnt).values()]
    constant, mention, recency, logistic = (predicted["w1"].number for predicted in predictions)
    assert constant == 0.5 < mention < recency < logistic
    assert logistic > 0.78
    assert predictions[-1]["ece"].number < 0.05
    assert 0.8 < predictions[-1]["rate"].number < 1.25
    assert all(value.low <= value.number <= value.high for value in predictions[-1].values())


def build_counts(corpus: Corpus, codec: Codec, settings: DialogueSettings, splits: Splits) -> Counter[str]:
    counts: Counter[str] = Counter()
    build(corpus, SUBJECT, Persona("SandBat"), codec, settings, splits, counts)
    return counts
