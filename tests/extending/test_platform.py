"""Somebody else's platform, installed beside Echoes; and packages that break."""

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.registry import OURS, installed
from bot.cli import main
from bot.config import example_text, parse_config
from bot.consent import load_consent
from bot.errors import ConfigError, ExitCode
from bot.platform import Platforms
from bot.secrets import load_secrets
from tests.daemon.process import EchoesProcess, make_workspace, until
from tests.extending.installing import ROOT, install, with_packages, write_metadata
from tests.standins.openai import ModelServer

TOY = Path(__file__).parent / "toy_platform"
SEAL = "red-wax"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages; the toy is there."""
    folder = tmp_path / "packages"
    install(TOY, folder)
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def box(tmp_path: Path) -> Path:
    for name in ("in", "out"):
        (tmp_path / "box" / name).mkdir(parents=True)
    return tmp_path / "box"


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    async with ModelServer() as server:
        server.say = lambda body: ["yes, ", "I got ", "it"]
        yield server


def workspace(folder: Path, model: ModelServer, platforms: dict[str, object]) -> Path:
    server = {"url": model.url, "model": "nora"}
    return make_workspace(folder, (), {"model": {"server": server, "lora": "none"}, "platforms": platforms})


def post(box: Path, name: str, text: str, seal: str = SEAL) -> None:
    """As a careful postman: whole, or not at all."""
    (box / "letter.part").write_text(f"{seal}\n{text}", "utf-8")
    (box / "letter.part").rename(box / "in" / name)


async def answers(box: Path) -> list[str]:
    await until(lambda: any("I got it" in one.read_text("utf-8") for one in (box / "out").glob("anna.*.txt")), 60)
    return [one.read_text("utf-8") for one in sorted((box / "out").glob("anna.*.txt"))]


async def test_it_runs_as_if_it_were_echoes_own(tmp_path: Path, packages: Path, box: Path, model: ModelServer) -> None:
    root = workspace(tmp_path / "nora", model, {"letters": {"box": str(box), "seconds": 0.1}})
    daemon = EchoesProcess(root, PYTHONPATH=with_packages(packages), ECHOES_LETTERS_SEAL=SEAL)
    await daemon.start()
    try:
        post(box, "anna.1.txt", "did you get my letter?")
        post(box, "eve.1.txt", "let me in", seal="candle-wax")
        assert "yes, I got it" in await answers(box)
        await until(lambda: not any((box / "in").iterdir()))
        assert not any((box / "out").glob("eve.*"))
        assert "without the seal" in daemon.logged() and SEAL not in daemon.logged()
    finally:
        await daemon.stop()


async def test_the_doctor_looks_into_it(
    tmp_path: Path, packages: Path, box: Path, model: ModelServer,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    root = workspace(tmp_path / "nora", model, {"letters": {"box": str(box)}})
    await asyncio.to_thread(main, ["-w", str(root), "doctor"])
    assert "✗ letters seal     The letters seal is missing: set ECHOES_LETTERS_SEAL" in capsys.readouterr().out
    monkeypatch.setenv("ECHOES_LETTERS_SEAL", SEAL)
    await asyncio.to_thread(main, ["-w", str(root), "doctor", "--online"])
    said = capsys.readouterr().out
    assert "✓ config           platforms: letters" in said and "✓ letters seal " in said
    assert "✓ letters online   the box is there" in said
    shutil.rmtree(box / "out")
    assert await asyncio.to_thread(main, ["-w", str(root), "doctor", "--online"]) == ExitCode.CONFIG
    assert "is missing: make it, or mend platforms.letters.box" in capsys.readouterr().out


def test_its_section_is_checked_and_shown_in_the_example_as_any_other(packages: Path) -> None:
    platforms = installed()
    with pytest.raises(ConfigError) as caught:
        parse_config("platforms:\n  letters:\n    bax: /box\n    seconds: soon\n", platforms=platforms)
    assert caught.value.problems == (
        "config.yaml:3: platforms.letters.box: missing: the folder with `in` and `out` in it.",
        "config.yaml:3: platforms.letters.bax: unknown key; did you mean box?",
        "config.yaml:4: platforms.letters.seconds: 'soon' must be a number from 0.05 to 3600: "
        "how often the box is looked into.",
    )
    example = example_text(platforms)
    assert "  #letters:\n  #  # the folder with `in` and `out` in it\n  #  box: /srv/letters\n" in example
    assert "ECHOES_LETTERS_SEAL" in example.splitlines()[2] + example.splitlines()[3]
    assert parse_config(example, platforms=platforms).platforms.on == ("web",)


def test_its_owner_can_agree_to_it(packages: Path, tmp_path: Path) -> None:
    assert main(["-w", str(tmp_path), "init"]) == ExitCode.OK
    agree = ["-w", str(tmp_path), "consent", "--by", "Nora", "--yes", "--platforms"]
    assert main([*agree, "letters"]) == ExitCode.OK
    assert main([*agree, "lettres"]) == ExitCode.USAGE
    agreed = load_consent(tmp_path / "consent.json")
    assert agreed is not None and agreed.platforms == ("letters",)


def test_it_may_see_its_own_secrets_only(packages: Path) -> None:
    platforms = installed()
    given = load_secrets(platforms.secrets, {"ECHOES_LETTERS_SEAL": SEAL, "ECHOES_TELEGRAM_TOKEN": "1:a"})
    assert given.only(platforms.good["letters"].secrets).values == {"letters_seal": SEAL}


def test_an_unknown_platform_is_told_what_is_installed(packages: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config("platforms:\n  leters: {}\n  matrix: {}\n", platforms=installed())
    there = "Installed: discord, letters, telegram, web."
    assert caught.value.problems == (
        f"config.yaml:2: platforms.leters: no such platform; did you mean letters? {there}",
        f"config.yaml:3: platforms.matrix: no such platform, or its package is missing. {there}",
    )


# -- packages that break ----------------------------------------------------------------------------------------------

BAD = """
from pydantic import model_validator
from bot.platform import Adapter, Platform, PlatformSection
from bot.secrets import Secret

def breaks(*_):
    raise RuntimeError("the plug-in's own words")

async def breaks_later(*_):
    breaks()

class BadSection(PlatformSection):
    @model_validator(mode="after")
    def broken(self):
        breaks()

class BadHidden(PlatformSection):
    hidden = breaks

class BadListens(PlatformSection):
    listens = breaks

class BadRun(Adapter):
    platform = "bad_run"
    run = send = breaks_later
    lane = saw = floor = breaks

def make(section, setting):
    return BadRun()

bad_object = "no platform"
bad_name = Platform("telegram", PlatformSection, make)
bad_secret = Platform("bad_secret", PlatformSection, make, secrets=(Secret("telegram_token"),))
bad_section = Platform("bad_section", BadSection, make)
bad_hidden = Platform("bad_hidden", BadHidden, make)
bad_listens = Platform("bad_listens", BadListens, make)
bad_make = Platform("bad_make", PlatformSection, breaks)
bad_check = Platform("bad_check", PlatformSection, make, breaks_later)
bad_adapter = Platform("bad_adapter", PlatformSection, make)
bad_run = Platform("bad_run", PlatformSection, make)
"""
IN_THE_CODE = "bad_section", "bad_hidden", "bad_listens"
AT_THE_DOOR = {
    "bad_import": "failed to load (ZeroDivisionError in the package echoes-bad 0.3)",
    "bad_exit": "failed to load (SystemExit in the package echoes-bad 0.3)",
    "bad_gone": "failed to load (ModuleNotFoundError in the package echoes-bad 0.3)",
    "bad_object": "of the package echoes-bad 0.3 cannot be used: echoes_bad:bad_object is no Platform",
    "bad_name": "of the package echoes-bad 0.3 cannot be used: echoes_bad:bad_name calls itself 'telegram'",
    "bad_secret": "of the package echoes-bad 0.3 cannot be used: its secret telegram_token must begin with bad_secret_",
}
SECTIONS = "".join(f"  {name}: {{}}\n" for name in re.findall(r"^(bad_\w+) =", BAD, re.MULTILINE))


@pytest.fixture
def bad(packages: Path) -> Path:
    (packages / "echoes_bad.py").write_text(BAD, "utf-8")
    (packages / "echoes_bad_import.py").write_text("1 / 0\n", "utf-8")
    (packages / "echoes_bad_exit.py").write_text("raise SystemExit(3)\n", "utf-8")
    points = {name: f"echoes_bad:{name}" for name in re.findall(r"^(bad_\w+) =", BAD, re.MULTILINE)}
    points |= {f"bad_{name}": f"echoes_bad_{name}:X" for name in ("import", "exit", "gone")}
    points |= {"telegram": "echoes_bad:bad_name", "letters": "echoes_bad:bad_run"}
    write_metadata(packages, "echoes-bad", "0.3", {"echoes.platforms": points})
    return packages


@pytest.fixture
def found(bad: Path) -> Platforms:
    sys.modules.pop("echoes_bad", None)
    return installed()


@pytest.mark.parametrize("name", AT_THE_DOOR)
def test_what_cannot_be_loaded_is_a_sentence(found: Platforms, name: str) -> None:
    config = parse_config(f"platforms: {{web: {{}}, {name}: {{anything: 1}}}}", platforms=found)
    assert set(config.platforms.sections) == {"web"}
    assert str(config.platforms.broken[name]).startswith(f"The platform {name} {AT_THE_DOOR[name]}")


@pytest.mark.parametrize("name", IN_THE_CODE)
def test_what_breaks_over_its_section_is_a_sentence_and_the_others_go_on(found: Platforms, name: str) -> None:
    config = parse_config(f"platforms: {{web: {{}}, {name}: {{}}}}", platforms=found)
    assert set(config.platforms.sections) == {"web"}
    said = str(config.platforms.broken[name])
    assert said.startswith(f"The platform {name} failed while its section of config.yaml was read (RuntimeError in ")
    assert "package echoes-bad 0.3" in said and "own words" not in said


def test_a_name_that_is_taken_stays_with_echoes_or_with_nobody(found: Platforms) -> None:
    assert found.good["telegram"].package.startswith("echoes-avatar ")
    assert found.remarks == (
        "The name telegram is taken twice among the platforms, by echoes-bad 0.3, but it is Echoes' own, which stays: "
        "remove that package.",
    )
    assert str(found.broken["letters"]) == (
        "The name letters is taken twice among the platforms, by echoes-bad 0.3 and echoes-letters 1.0: "
        "remove one of them."
    )


async def test_a_platform_whose_every_function_breaks_takes_no_other_with_it(
    tmp_path: Path, bad: Path, box: Path, model: ModelServer
) -> None:
    shutil.rmtree(bad / "echoes_bad-0.3.dist-info")
    names = re.findall(r"^(bad_\w+) =", BAD, re.MULTILINE)
    points = {name: f"echoes_bad:{name}" for name in names}
    write_metadata(bad, "echoes-bad", "0.3", {"echoes.platforms": points})
    platforms: dict[str, object] = {name: {} for name in names}
    root = workspace(tmp_path / "nora", model, {**platforms, "letters": {"box": str(box), "seconds": 0.1}})
    daemon = EchoesProcess(root, PYTHONPATH=with_packages(bad), ECHOES_LETTERS_SEAL=SEAL)
    await daemon.start()
    try:
        post(box, "anna.1.txt", "did you get my letter?")
        assert "yes, I got it" in await answers(box)
        said = daemon.logged()
    finally:
        await daemon.stop()
    for name in names:
        assert re.search(rf"\b{name}\b[^\n]*echoes-bad 0\.3", said), name
    assert "bad_run (package echoes-bad 0.3) failed and is tried again" in said
    assert "bad_adapter made an adapter that calls itself 'bad_run'" in said


async def test_the_doctor_names_the_packages_that_break(
    tmp_path: Path, bad: Path, model: ModelServer, capsys: pytest.CaptureFixture[str]
) -> None:
    sys.modules.pop("echoes_bad", None)
    root = workspace(tmp_path / "nora", model, {"web": {"port": 0}, "bad_check": {}, "bad_section": {}})
    code = await asyncio.to_thread(main, ["-w", str(root), "doctor", "--online"])
    said = capsys.readouterr().out
    assert code == ExitCode.CONFIG
    assert "✗ bad_section package The platform bad_section failed while its section of config.yaml was read" in said
    assert "✗ bad_check online The platform bad_check failed when it was asked (RuntimeError in the package" in said
    assert "! bad_import package The platform bad_import failed to load" in said, "off, so no fault"
    assert "! packages         The name telegram is taken twice" in said
    assert "own words" not in said


# -- the installation -------------------------------------------------------------------------------------------------


def test_an_installation_older_than_the_code_is_to_be_renewed(
    tmp_path: Path, packages: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_metadata(packages, OURS, "0.0.9", {"console_scripts": {"echoes": "bot.cli:main"}})
    with pytest.raises(ConfigError, match=r"older than its code, and names no platforms: install again \(`make ins"):
        installed()
    assert main(["-w", str(tmp_path / "nora"), "init"]) == ExitCode.CONFIG
    assert "install again" in capsys.readouterr().err
    (tmp_path / "config.yaml").write_text("platforms: {web: {}}\n", "utf-8")
    for command in ("run", "doctor", "train"):
        assert main(["-w", str(tmp_path), command]) == ExitCode.CONFIG
        said = capsys.readouterr().err
        assert "install again" in said and "no such platform" not in said


def test_no_library_is_imported_before_its_platform_is_on() -> None:
    code = (
        "import sys; from adapters.registry import installed; assert len(installed().good) >= 3; "
        "sys.exit(any(name in sys.modules for name in ('telegram', 'discord', 'aiohttp', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_help_looks_for_no_platforms() -> None:
    code = (
        "import sys; from bot.cli import main; main(['--help']); "
        "sys.exit(any(name in sys.modules for name in ('pydantic', 'adapters', 'importlib.metadata')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_the_page_shows_the_toy_as_it_is() -> None:
    page = (ROOT / "docs" / "extending.md").read_text("utf-8")
    for file in (TOY / "echoes_letters.py", TOY / "pyproject.toml"):
        assert file.read_text("utf-8").strip() in page, f"docs/extending.md does not show {file.name} as it is"
