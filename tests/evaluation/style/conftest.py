"""The sample subjects, imported as `echoes demo` imports them, and cut into days."""

from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.config import load_config
from bot.media import MediaStore
from bot.store.corpus import Corpus
from bot.workspace import Workspace
from tests.support import byte_codec
from training.data.importers import Options, find_files, import_paths
from training.data.splits import Borders
from training.evaluation.data import EvaluationData, load_evaluation_data

_ZONES = {"en": "Europe/London", "zh": "Asia/Shanghai"}


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> "Sample":
    """By language. Imported once. places: of the first validation day and the first test day, if not the usual ones."""
    made: dict[str, Workspace] = {}

    def data(language: str, *places: int) -> EvaluationData:
        if language not in made:
            made[language] = _imported(tmp_path_factory.mktemp(language), language)
        days = _gathered(made[language]).splits.days
        return _gathered(made[language], Borders(*(days[place] for place in places)) if places else None)

    return data


Sample = Callable[..., EvaluationData]


def _imported(root: Path, language: str) -> Workspace:
    with as_file(files("training") / "sample" / language) as source:
        for name in ("persona.yaml", "people.yaml", "questionnaire.yaml"):
            (root / name).write_bytes((source / name).read_bytes())
        (root / "config.yaml").write_text("model:\n  base: embedded\n", "utf-8")
        workspace = Workspace.open(root)
        media = MediaStore(workspace.media)
        with Corpus.open(workspace.corpus) as corpus:
            import_paths(corpus, media, find_files([source / "exports"]), Options(ZoneInfo(_ZONES[language])))
    return workspace


def _gathered(workspace: Workspace, borders: Borders | None = None) -> EvaluationData:
    return load_evaluation_data(
        workspace, load_config(workspace.config), byte_codec(MediaStore(workspace.media)), 8000, borders
    )
