"""The rooms of the house: which package may import which, and what must not be loaded early."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.registry import installed

ROOT = Path(__file__).parent.parent
ROOMS = ("bot", "adapters", "training")
CONTRACT = {
    "bot.message",
    "bot.platform",
    "bot.errors",
    "bot.people",
    "bot.workspace",
    "bot.letters",
    "bot.media",
    "bot.pictures",
    "bot.playing.installed",
    "bot.config",
    "bot.secrets",
    "bot.validation",
    "bot.checks",
    "bot.doctor.asking",
    "bot.serving",
}
"""What of the daemon an adapter may know."""
HEAVY = ("torch", "transformers", "peft", "accelerate")


def modules(room: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / room).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        yield name.removesuffix(".__init__"), path


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {node.module or ""}
    return found


def of(found: set[str], *rooms: str) -> set[str]:
    return {name for name in found if name.split(".")[0] in rooms}


def test_the_daemon_knows_neither_adapters_nor_training() -> None:
    wrong = {name: of(imports(path), "adapters", "training") for name, path in modules("bot") if "bot.cli" not in name}
    assert not {name: found for name, found in wrong.items() if found}


def test_adapters_know_only_the_contract() -> None:
    for name, path in modules("adapters"):
        known = of(imports(path), *ROOMS)
        allowed = {one for one in known if one.startswith("adapters") or one in CONTRACT}
        assert known == allowed, f"{name} imports {known - allowed}"


def test_training_does_not_know_adapters_or_the_command_line() -> None:
    for name, path in modules("training"):
        wrong = {
            one
            for one in imports(path)
            if one.startswith(("adapters", "bot.cli", "bot.conversation", "bot.store.journal"))
        }
        assert not wrong, f"{name} imports {wrong}"


def test_nothing_inside_names_a_platform() -> None:
    """But for the contacts, each of whom can be spoken as in the owner's web chat."""
    names = set(installed().names)
    named = {
        (module, node.value)
        for module, path in modules("bot")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in names
    }
    assert named == {("bot.people", "web")}


def test_who_trains_and_who_measures_do_not_know_each_other() -> None:
    apart = {
        "training.evaluation": ("training.finetune", "training.recipes"),
        "training.finetune": ("training.evaluation", "training.recipes"),
        "training.calibration": ("training.evaluation", "training.finetune", "training.recipes"),
        "training.scoring": ("training.evaluation", "training.finetune", "training.recipes", "training.calibration"),
        "training.data": ("training.evaluation", "training.finetune", "training.calibration"),
    }
    for name, path in modules("training"):
        for room, others in apart.items():
            if name.startswith(room):
                wrong = {one for one in imports(path) if one.startswith(others)}
                assert not wrong, f"{name} imports {wrong}"


def test_only_training_loads_weights_itself() -> None:
    """Whoever else reads or writes with the model asks an engine of the factory."""
    for name, path in modules("training"):
        if not name.startswith(("training.finetune", "training.recipes")):
            loading = {node for node in names_imported(path) if node in {"load", "LoadedModel", "LocalEngine"}}
            assert not loading, f"{name} imports {loading}"


def names_imported(path: Path) -> Iterator[str]:
    """What is imported from the modules of the engine."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bot.engine"):
            yield from (alias.name for alias in node.names)


def test_only_engine_and_training_know_torch() -> None:
    for room in ROOMS:
        for name, path in modules(room):
            if not name.startswith(("bot.engine", "training")):
                assert not of(imports(path), *HEAVY), f"{name} imports {of(imports(path), *HEAVY)}"


@pytest.mark.parametrize(
    "module",
    [
        "bot.cli",
        "bot.cli.run",
        "bot.cli.memory",
        "bot.conversation",
        "bot.engine.remote",
        "bot.engine.remote_batch",
        "adapters.registry",
    ],
)
def test_the_daemon_starts_without_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit(any(name in sys.modules for name in {HEAVY!r}))"
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=False).returncode == 0


FOUNDATION = (
    "message",
    "errors",
    "letters",
    "files",
    "workspace",
    "people",
    "persona",
    "personality",
    "secrets",
    "validation",
    "sampling",
    "outcome",
    "writing",
    "era",
    "questionnaire",
    "released",
)
"""What everything in bot stands on; no folder of it is known to these."""

FLOORS = (
    {"chat", "store", "media", "pictures", "heic", "checks", "clock"}
    | {"weights", "observer", "disclosure", "explanation", "machine"},
    {"lora", "platform", "config", "consent", "lock", "logs", "serving", "playing"},
    {"hearing", "speaking"},
    {"engine"},
    {"memory"},
    {"conversation"},
    {"daemon", "doctor"},
    {"cli"},
)
"""The folders and modules of bot, floor by floor: each knows those below it, and the foundation."""


def test_inside_bot_nothing_imports_upward() -> None:
    floor = dict.fromkeys(FOUNDATION, 0) | {name: n for n, names in enumerate(FLOORS, 1) for name in names}
    for name, path in modules("bot"):
        here = name.split(".")[1] if "." in name else ""
        if here in ("", "__main__"):
            continue
        for known in of(imports(path), "bot"):
            there = known.split(".")[1] if "." in known else ""
            if there and there != here:
                above = floor[there] > floor[here] or (floor[there] == floor[here] and floor[here] > 2)
                assert not above, f"{name} imports {known}"
    assert {name.split(".")[1] for name, _ in modules("bot") if "." in name} == set(floor) | {"__main__"}


def test_the_road_and_the_stores_know_nothing_of_who_uses_them() -> None:
    apart = {
        "bot.chat": ("bot.store", "bot.engine", "bot.conversation", "bot.config", "bot.platform"),
        "bot.store": ("bot.chat", "bot.engine", "bot.conversation", "bot.config", "bot.platform"),
        "bot.engine": ("bot.store", "bot.conversation", "bot.platform"),
        "bot.conversation": ("bot.daemon", "bot.doctor"),
    }
    for name, path in modules("bot"):
        for room, others in apart.items():
            if name.startswith(room):
                wrong = {one for one in imports(path) if one.startswith(others)}
                assert not wrong, f"{name} imports {wrong}"
