"""A small workspace of a made-up person, and tiny random models of the real classes to train on it."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import torch

from bot.consent import Consent, Role, Use, save_consent
from bot.engine.describe import Family
from bot.engine.models import LoadedModel, load
from bot.media import MediaStore
from bot.message import Account
from bot.people import Contact, People, save_people
from bot.store.corpus import Corpus
from bot.workspace import Workspace
from tests.engine.conftest import tiny_model
from tests.support import picture
from training.data.importers.run import Options, find_files, import_paths

FAMILIES: tuple[Family, ...] = ("qwen2_5_vl", "qwen3_vl")
DAYS = 6
START = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
NORA, MEI, GRAN, TOM = "user1", "user2", "user3", "user4"
NAMES = {NORA: "Nora", MEI: "Mei", GRAN: "Grandma Li", TOM: "Tom"}


@pytest.fixture(scope="session", autouse=True)
def one_core() -> None:
    """The tests share the machine, and one thread always adds in the same order."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[Family, Path]:
    return {family: tiny_model(tmp_path_factory.mktemp(family), family) for family in FAMILIES}


@pytest.fixture(params=FAMILIES)
def loaded(request: pytest.FixtureRequest, models: dict[Family, Path]) -> LoadedModel:
    """Fresh for each test, since a LoRA is put into it in place."""
    return load(str(models[request.param]), "cpu", "float32")


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory, models: dict[Family, Path]) -> Workspace:
    """Do not change it: tests that do take `workspace`."""
    return make_workspace(tmp_path_factory.mktemp("nora"), models["qwen2_5_vl"])


@pytest.fixture
def workspace(tmp_path: Path, models: dict[Family, Path]) -> Workspace:
    return make_workspace(tmp_path / "nora", models["qwen2_5_vl"])


def make_workspace(root: Path, model: Path, *, dtype: str = "float32", group: bool = True) -> Workspace:
    """Six days of Nora with a friend, her grandmother and a group, imported from a Telegram export."""
    root.mkdir(exist_ok=True)
    export = root.parent / f"{root.name}-export"
    export.mkdir()
    (export / "photo.png").write_bytes(picture("orange"))
    (export / "result.json").write_text(json.dumps({"chats": {"list": _chats()[: 3 if group else 2]}}), "utf-8")
    (root / "config.yaml").write_text(f"model:\n  base: {model}\n  device: cpu\n  dtype: {dtype}\n", "utf-8")
    (root / "persona.yaml").write_text("name: Nora\nabout: Nora sells lamps.\n", "utf-8")
    workspace = Workspace.open(root)
    people = People.of(
        (
            Contact("mei", "Mei", "friend", (Account("telegram", MEI.removeprefix("user")),)),
            Contact("gran", "Grandma Li", "elder", (Account("telegram", GRAN.removeprefix("user")),)),
        ),
        (Account("telegram", NORA.removeprefix("user")),),
    )
    save_people(workspace.people, people)
    agree(workspace)
    with Corpus.open(workspace.corpus) as corpus:
        report = import_paths(corpus, MediaStore(workspace.media), find_files([export]), Options())
        assert corpus.count() > 40, report
    return workspace


def agree(workspace: Workspace, *uses: Use) -> None:
    now = datetime.now(UTC)
    consent = Consent("Nora", Role.SELF, uses or tuple(Use), now, date.today() + timedelta(days=30))
    save_consent(workspace.consent, consent)


def _chats() -> list[dict[str, Any]]:
    mei, gran, group = [], [], []
    for day in range(DAYS):
        at = START + timedelta(days=day)
        mei += [
            message(at, MEI, f"lunch on day {day}?"),
            message(at + timedelta(seconds=20), NORA, "yesss"),
            message(at + timedelta(seconds=25), NORA, "the noodle place lol"),
            message(at + timedelta(minutes=4), MEI, "ok see you", photo=day == 1),
            message(at + timedelta(minutes=5), NORA, "byeee"),
        ]
        gran += [
            message(at + timedelta(hours=3), GRAN, "Did you eat well today?"),
            message(at + timedelta(hours=3, minutes=1), NORA, "Yes, thank you, Grandma."),
        ]
        for number in range(4):
            then = at + timedelta(hours=6, minutes=3 * number)
            group.append(message(then, TOM, f"match number {number} was good"))
            group.append(message(then + timedelta(seconds=30), MEI, "Nora, a lamp question: which bulb?"))
            group.append(message(then + timedelta(seconds=50), NORA, "a warm one"))
            group.append(message(then + timedelta(seconds=80), TOM, "I never know"))
    return [
        {"name": "Mei", "type": "personal_chat", "id": 2, "messages": numbered(mei)},
        {"name": "Grandma Li", "type": "personal_chat", "id": 3, "messages": numbered(gran)},
        {"name": "Lamp friends", "type": "private_supergroup", "id": 9, "messages": numbered(group)},
    ]


def message(at: datetime, who: str, text: str, photo: bool = False) -> dict[str, Any]:
    found = {
        "type": "message",
        "date": at.strftime("%Y-%m-%dT%H:%M:%S"),
        "date_unixtime": str(int(at.timestamp())),
        "from": NAMES[who],
        "from_id": who,
        "text": text,
    }
    return found | ({"photo": "photo.png"} if photo else {})


def numbered(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": number, **message} for number, message in enumerate(messages, 1)]
