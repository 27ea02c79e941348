"""`echoes run` before anything runs: what it reads, what it refuses, what it puts together."""

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.discord.adapter import DiscordAdapter
from adapters.registry import installed
from adapters.telegram.adapter import TelegramAdapter
from adapters.web.adapter import WebAdapter
from bot.cli import main
from bot.cli.run import prepare
from bot.config import Config, HealthConfig, parse_config
from bot.consent import Use, save_consent, withdraw
from bot.daemon.health import Health, HealthServer, Metrics
from bot.engine.factory import build_engine
from bot.engine.remote import RemoteEngine
from bot.errors import ConfigError, ConsentError, ExitCode, PassingError, PermanentError
from bot.lora import find_lora
from bot.media import MediaStore
from bot.people import People
from bot.platform import Adapter, Setting
from bot.secrets import Secrets, with_kept
from bot.workspace import Workspace
from tests.inbox import QuietInbox
from tests.operations.conftest import consent, read_fails
from tests.support import lora_folder
from training.finetune.publish import publish

ROOT = Path(__file__).parent.parent.parent


def test_everything_is_read_and_the_web_token_is_there_to_be_redacted(workspace: Workspace) -> None:
    prepared = prepare(workspace)
    assert prepared.persona.name == "Mei" and prepared.config.platforms.on == ("web",)
    assert prepared.secrets.need("web_token") == (workspace.root / "web_token").read_text("utf-8").strip()


def test_all_mistakes_of_all_files_come_at_once(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.config.write_text("model: {lora: gone}\nplatforms: {telegram: {}}\n", "utf-8")
    workspace.persona.write_text("language: fr\n", "utf-8")
    workspace.people.write_text("people: {tom: {relationship: pal}}\n", "utf-8")
    monkeypatch.setenv("ECHOES_TELEGRAM_TOKEN", "CHANGE-ME")
    with pytest.raises(ConfigError) as caught:
        prepare(workspace)
    found = "\n".join(caught.value.problems)
    for words in (
        "gone is not among the LoRAs",
        "name: missing",
        "'fr' must be en or zh",
        "'pal' is not",
        "sample value",
    ):
        assert words in found, words


def test_no_platform_nothing_to_run(workspace: Workspace) -> None:
    workspace.config.write_text("model: {lora: none}\n", "utf-8")
    with pytest.raises(ConfigError, match="platforms: none is on"):
        prepare(workspace)


def test_consent_is_asked_for_the_platforms_that_are_on(workspace: Workspace) -> None:
    save_consent(workspace.consent, consent(platforms=("telegram",)))
    with pytest.raises(ConsentError, match="is for telegram, not for web"):
        prepare(workspace)
    withdraw(workspace.consent)
    assert main(["-w", str(workspace.root), "run"]) == ExitCode.CONSENT


def test_a_voice_needs_a_consent_that_names_it(workspace: Workspace) -> None:
    speaking = "speaking: {voice: robin, command: [espeak-ng, --stdout]}\n"
    workspace.config.write_text(workspace.config.read_text("utf-8") + speaking, "utf-8")
    with pytest.raises(ConsentError, match="for training and running, not for voice"):
        prepare(workspace)
    uses = (Use.TRAINING, Use.RUNNING, Use.VOICE)
    save_consent(workspace.consent, consent(uses=uses, voice="wren"))
    with pytest.raises(ConsentError, match="names another voice"):
        prepare(workspace)
    save_consent(workspace.consent, consent(uses=uses, voice="robin"))
    assert prepare(workspace).config.speaking is not None


def make(name: str, workspace: Workspace, **secrets: str) -> Adapter:
    """As `echoes run` makes it, with no more of the secrets than are the platform's own."""
    platforms = installed()
    config = parse_config("platforms: {web: {port: 0}, telegram: {}, discord: {}}\n", platforms=platforms)
    platform = platforms.good[name]
    own = with_kept(workspace, Secrets(secrets), platform.secrets).only(platform.secrets)
    section = config.platforms.sections[name]
    made: Adapter = platform.adapter(section, Setting(own, workspace.root / name, "Mei", lambda: People.of(())))
    return made


async def test_each_platform_is_made_from_its_token(workspace: Workspace) -> None:
    given = {"telegram_token": "123456:" + "a" * 35, "discord_token": "a.b.c"}
    assert isinstance(make("telegram", workspace, **given), TelegramAdapter)
    assert isinstance(make("discord", workspace, **given), DiscordAdapter)
    assert isinstance(make("web", workspace, **given), WebAdapter)


@pytest.mark.parametrize("name", ["telegram", "discord"])
def test_without_its_token_a_platform_is_not_made(workspace: Workspace, name: str) -> None:
    with pytest.raises(ConfigError, match=f"set ECHOES_{name.upper()}_TOKEN"):
        make(name, workspace)


async def test_a_port_that_cannot_be_opened_for_want_of_files_is_tried_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_socket(*_: object, **__: object) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    web = make("web", workspace)
    health = HealthServer(HealthConfig(port=0), Health, Metrics())
    with monkeypatch.context() as patched:
        patched.setattr(socket, "socket", no_socket)
        with pytest.raises(PassingError, match="The web chat cannot listen on"):
            await web.run(QuietInbox())
        with pytest.raises(PassingError, match="/healthz cannot be served just now"):
            await health.start()


@pytest.mark.parametrize("file", ["config.yaml", "people.yaml", "persona.yaml", "consent.json", "web_token"])
def test_what_cannot_be_read_just_now_is_tried_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: str
) -> None:
    """systemd restarts what ends with 1; what ends with 77 or 78 waits for a person."""
    path = workspace.root / file
    path.touch(0o600)
    read_fails(monkeypatch, path)
    assert main(["-w", str(workspace.root), "run"]) == ExitCode.FAILED
    assert f"{path} cannot be read just now (Too many open files)" in capsys.readouterr().err


def test_a_loras_files_that_cannot_be_read_just_now_are_tried_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.config.write_text("platforms: {web: {port: 0}}\n", "utf-8")
    folder = lora(workspace, "mei")
    real = Path.open

    def open_(self: Path, *args: Any, **options: Any) -> Any:
        if self == folder / "adapter_model.safetensors":
            raise OSError(errno.EMFILE, "Too many open files", str(self))
        return real(self, *args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", open_)
        assert main(["-w", str(workspace.root), "run"]) == ExitCode.FAILED
    read_fails(monkeypatch, folder / "decision.json")
    assert main(["-w", str(workspace.root), "run"]) == ExitCode.FAILED
    said = capsys.readouterr().err
    assert "adapter_model.safetensors cannot be used (Too many open files)" in said
    assert "decision.json cannot be read just now (Too many open files)" in said


# -- the LoRA and the engine ------------------------------------------------------------------------------------------


def lora(workspace: Workspace, name: str, age: int = 0) -> Path:
    folder = lora_folder(workspace.loras / name)
    os.utime(folder / "prompt.json", (1_000_000 - age, 1_000_000 - age))
    return folder


def test_latest_is_what_the_link_says_or_else_the_newest(workspace: Workspace) -> None:
    old, new = lora(workspace, "old", 500), lora(workspace, "new")
    lora(workspace, ".making", -500)
    assert find_lora(workspace.loras, "latest") == new
    (workspace.loras / "latest").symlink_to("old")
    assert find_lora(workspace.loras, "latest") == old
    assert find_lora(workspace.loras, "new") == new
    assert find_lora(workspace.loras, "none") is None
    with pytest.raises(ConfigError, match=r"gone is not among the LoRAs in .* \(there: latest, new, old\)"):
        find_lora(workspace.loras, "gone")
    new.rename(workspace.root / "outside")
    with pytest.raises(ConfigError, match="outside is not among the LoRAs"):
        find_lora(workspace.loras, "../outside")


FILES = ("adapter_config.json", "adapter_model.safetensors", "decision.json", "prompt.json")


@pytest.mark.parametrize("linked", [True, False], ids=["with its link", "copied without the link"])
@pytest.mark.parametrize("file", FILES)
def test_the_newest_lora_that_lost_a_file_is_not_passed_over(workspace: Workspace, file: str, linked: bool) -> None:
    lora(workspace, "old", 500)
    (lora(workspace, "new") / file).unlink()
    if linked:
        (workspace.loras / "latest").symlink_to("new")
    elif file == "prompt.json":  # written last: what lacks it never came to be finished
        assert find_lora(workspace.loras, "latest") == workspace.loras / "old"
        return
    with pytest.raises(
        ConfigError,
        match=rf"The LoRA \S+/new cannot speak \({file} is missing\): run `echoes train` again.*there:.* old",
    ):
        find_lora(workspace.loras, "latest")


@pytest.mark.parametrize("kept", [0, 7, 100, -1], ids=["empty", "no head", "half a head", "one byte short"])
@pytest.mark.parametrize("name", ["latest", "new"])
def test_weights_that_were_cut_short_are_not_passed_over(workspace: Workspace, kept: int, name: str) -> None:
    lora(workspace, "old", 500)
    weights = lora(workspace, "new") / "adapter_model.safetensors"
    (workspace.loras / "latest").symlink_to("new")
    weights.write_bytes(weights.read_bytes()[:kept])
    with pytest.raises(ConfigError, match=r"/new cannot speak \(adapter_model.safetensors is cut short or damaged"):
        find_lora(workspace.loras, name)
    assert find_lora(workspace.loras, "old") == workspace.loras / "old", "asked for by name, another may speak"


def test_a_newest_lora_that_is_gone_is_not_passed_over(workspace: Workspace) -> None:
    lora(workspace, "old")
    (workspace.loras / "latest").symlink_to("new")
    with pytest.raises(ConfigError, match=r"/new cannot speak \(the folder is gone\)"):
        find_lora(workspace.loras, "latest")


def test_a_training_broken_off_while_it_writes_is_no_lora(workspace: Workspace) -> None:
    old = lora(workspace, "old")
    (workspace.loras / "latest").symlink_to("old")

    def killed(folder: Path) -> None:
        (folder / "adapter_model.safetensors").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(workspace.loras, "new", workspace.root / ".training", killed)
    assert find_lora(workspace.loras, "latest") == old
    (workspace.loras / "latest").unlink()
    assert find_lora(workspace.loras, "latest") == old


def test_run_says_which_lora_is_broken_and_does_not_start(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.config.write_text("platforms: {web: {port: 0}}\n", "utf-8")
    lora(workspace, "old")
    (lora(workspace, "new") / "adapter_model.safetensors").unlink()
    (workspace.loras / "latest").symlink_to("new")
    assert main(["-w", str(workspace.root), "run"]) == ExitCode.CONFIG
    said = capsys.readouterr().err
    assert "/new cannot speak (adapter_model.safetensors is missing): run `echoes train` again" in said


def test_a_damaged_calibration_is_found_before_the_model_is_loaded(workspace: Workspace) -> None:
    (lora(workspace, "mei") / "decision.json").write_text("{", "utf-8")
    workspace.config.write_text("platforms: {web: {}}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"decision\.json is damaged"):
        prepare(workspace)


async def test_a_server_that_asks_for_a_token_gets_it(workspace: Workspace) -> None:
    async def models(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer s3cret":
            return web.json_response({"error": {"message": "Unauthorized"}}, status=401)
        return web.json_response({"data": [{"id": "nora", "max_model_len": 1024}]})

    app = web.Application()
    app.router.add_get("/v1/models", models)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    config = parse_config(f"model: {{lora: none, server: {{url: '{url}', model: nora}}}}\n")
    media = MediaStore(workspace.media)
    with pytest.raises(PermanentError, match="refused a request"):
        await build_engine(config, None, media)
    engine = await build_engine(config, None, media, server_token="s3cret")
    assert isinstance(engine, RemoteEngine) and engine.max_context == 1024 and engine.step_seconds() == 0.0
    await engine.aclose()
    await runner.cleanup()


async def test_with_a_server_too_the_lora_here_must_fit(workspace: Workspace) -> None:
    folder = lora(workspace, "mei")
    config = parse_config("model: {server: {url: 'http://127.0.0.1:9/v1', model: nora}}\n")
    with pytest.raises(PermanentError, match="does not fit"):
        await build_engine(config, folder, MediaStore(workspace.media))
    (folder / "prompt.json").write_text("[]", "utf-8")
    with pytest.raises(PermanentError, match="does not fit"):
        await build_engine(config, folder, MediaStore(workspace.media))


async def test_a_server_that_is_not_there_may_come(workspace: Workspace) -> None:
    config = parse_config("model: {lora: none, server: {url: 'http://127.0.0.1:9/v1', model: nora}}\n")
    with pytest.raises(PassingError, match="does not answer") as caught:
        await build_engine(config, None, MediaStore(workspace.media))
    assert caught.value.code is ExitCode.FAILED  # systemd tries again


async def test_a_model_that_is_not_there_is_a_sentence(workspace: Workspace) -> None:
    with pytest.raises(ConfigError, match="neither a folder nor"):
        await build_engine(parse_config("model: {lora: none, base: ./gone}\n"), None, MediaStore(workspace.media))


# -- the process ------------------------------------------------------------------------------------------------------


async def test_told_to_stop_while_the_model_loads_it_goes_at_once(workspace: Workspace) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "-w", str(workspace.root), "run",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            while b"Loading the model" not in await process.stdout.readline():
                pass
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == ExitCode.OK
        assert b"Ready" not in await process.stdout.read()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_it_starts_for_real_and_no_token_is_logged(workspace: Workspace) -> None:
    """Also where it cannot hear as it should."""
    more = "hearing: {model: /no/model}\nspeaking: {voice: robin, command: [/no/voice]}\n"
    workspace.config.write_text(workspace.config.read_text("utf-8") + more, "utf-8")
    save_consent(workspace.consent, consent(uses=tuple(Use), voice="robin"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "-w", str(workspace.root), "run", "--verbose",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    seen = b""
    try:
        async with asyncio.timeout(120):
            while b"The web chat: http://127.0.0.1:" not in seen:
                line = await process.stdout.readline()
                assert line, seen.decode()
                seen += line
            process.send_signal(signal.SIGINT)
            seen += await process.stdout.read()
            assert await process.wait() == ExitCode.OK
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
    assert b"Voice messages stay unheard. hearing.model: the folder /no/model is not there." in seen
    assert b"Ready: web starting." in seen and b"Stopped." in seen and b"Traceback" not in seen
    assert (workspace.root / "web_token").read_bytes().strip() not in seen


def test_an_unexpected_failure_is_logged_not_printed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr("bot.cli.run.build_engine", broken)
    monkeypatch.setattr("bot.cli.run.start_logging", lambda *_, **__: logging.getLogger())
    before = os.umask(0o022)
    try:
        assert main(["-w", str(workspace.root), "run"]) == ExitCode.FAILED
    finally:
        os.umask(before)
    assert "The daemon failed." in caplog.text


def test_a_proxys_password_is_cut_from_the_log_as_tokens_are(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.config.write_text(
        "model: {lora: none}\nplatforms: {web: {port: 0}, telegram: {proxy: 'http://me:open-sesame@127.0.0.1:9'}}\n",
        "utf-8",
    )

    async def broken(*_: object) -> None:
        raise RuntimeError("407 from http://me:open-sesame@127.0.0.1:9")

    monkeypatch.setattr("bot.cli.run.build_engine", broken)
    before = os.umask(0o022)
    try:
        assert main(["-w", str(workspace.root), "run"]) == ExitCode.FAILED
    finally:
        os.umask(before)
    logged = capsys.readouterr().err
    assert "407 from http://[token]@127.0.0.1:9" in logged and "sesame" not in logged


def test_the_defaults_are_a_configuration() -> None:
    assert Config().platforms.on == ()
