"""A busy public group, where it is at hand: the simple gates, against which every avatar is measured."""

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
from training.evaluation.panels.decision.gates import baselines
from training.evaluation.panels.decision.measures import Truth, measures

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
    gates = [values(measures(gate, truth)) for gate in baselines(learnt, tested).values()]
    constant, mention, recency, logistic = (gate["w1"].number for gate in gates)
    assert constant == 0.5 < mention < recency < logistic
    assert logistic > 0.78
    assert gates[-1]["ece"].number < 0.05
    assert 0.8 < gates[-1]["rate"].number < 1.25
    assert all(value.low <= value.number <= value.high for value in gates[-1].values())


def build_counts(corpus: Corpus, codec: Codec, settings: DialogueSettings, splits: Splits) -> Counter[str]:
    counts: Counter[str] = Counter()
    build(corpus, SUBJECT, Persona("SandBat"), codec, settings, splits, counts)
    return counts
