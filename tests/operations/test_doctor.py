"""The owner asks what is wrong before the first start."""

import os
import socket
import sqlite3
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime

import pytest
from aiohttp import web

from bot.cli import main
from bot.config import parse_config
from bot.consent import save_consent
from bot.doctor import Check, Verdict, examine
from bot.doctor_online import examine_online
from bot.engine.describe import codec_for, describe
from bot.errors import ExitCode
from bot.journal import Journal
from bot.lock import only_one, pid_file
from bot.media import MediaStore
from bot.prompt import Fingerprint
from bot.secrets import Secrets
from bot.types import Account, Chat, ChatKind, Message
from bot.workspace import Workspace
from tests.operations.conftest import consent
from tests.standins.openai import ModelServer
from tests.standins.telegram import TelegramServer


def by_name(checks: Iterable[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def examined(workspace: Workspace) -> dict[str, Check]:
    return by_name(examine(workspace, lambda what: None))


def doctor(workspace: Workspace, *words: str) -> int:
    return main(["--workspace", str(workspace.root), "doctor", *words])


def test_a_workspace_in_order(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    checks = examined(workspace)
    assert not [check for check in checks.values() if check.verdict is Verdict.BAD]
    assert checks["config"].text == "platforms: web"
    assert checks["people"].text == "1 contact"
    assert checks["consent"].text.startswith("from Mei Lin (self) until ")
    assert checks["web token"].text == "will be made at the first start"
    assert "GB free, about" in checks["memory"].text
    assert checks["lora"].verdict is Verdict.NOTE
    assert doctor(workspace) == ExitCode.OK
    printed = capsys.readouterr().out
    assert "✓ persona          Mei, en" in printed and printed.endswith("All is well.\n")


def test_every_fault_is_found_in_one_go(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    workspace.config.write_text("model: {lora: none, bsae: x}\nsampling: {top_p: 9}\n", "utf-8")
    workspace.persona.unlink()
    workspace.people.write_text("people: {tom: {relationship: pal}}", "utf-8")
    workspace.journal.write_bytes(b"no database" * 100)
    assert doctor(workspace) == ExitCode.CONFIG
    printed = capsys.readouterr().out
    for word in ("did you mean base?", "sampling.top_p", "echoes subject", "'pal' is not one of", "is damaged"):
        assert word in printed, word
    assert printed.endswith("✗ must be mended before `echoes run`.\n")


def test_the_exit_code_is_the_first_faults(workspace: Workspace) -> None:
    save_consent(workspace.consent, consent(uses=()))
    assert doctor(workspace) == ExitCode.CONSENT


def test_no_platform_is_a_fault(workspace: Workspace) -> None:
    workspace.config.write_text("model: {lora: none}\n", "utf-8")
    assert any("none is on" in check.text for check in examine(workspace, lambda what: None))


def test_missing_tokens_say_where_to_put_them(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.config.write_text("model: {lora: none}\nplatforms: {telegram: {}, discord: {}}\n", "utf-8")
    monkeypatch.setenv("ECHOES_DISCORD_TOKEN", "a.b.c")
    checks = examined(workspace)
    assert checks["telegram token"].verdict is Verdict.BAD
    assert "set ECHOES_TELEGRAM_TOKEN" in checks["telegram token"].text
    assert checks["discord token"].verdict is Verdict.GOOD and "a.b.c" not in checks["discord token"].text
    monkeypatch.setenv("ECHOES_DISCORD_TOKEN", "CHANGE-ME")
    assert "still holds a sample value" in examined(workspace)["tokens"].text


def test_contacts_nobody_can_be(workspace: Workspace) -> None:
    workspace.config.write_text(
        "model: {lora: none}\nplatforms: {telegram: {}, discord: {}}\nconversation: {answer: [tom]}\n", "utf-8"
    )
    assert "nobody who is answered has an account on discord" in examined(workspace)["people"].text
    workspace.config.write_text("model: {lora: none}\nconversation: {answer: [tom, mei, li]}\n", "utf-8")
    assert "conversation.answer names mei, li: not in people.yaml" in examined(workspace)["people"].text


def test_others_who_can_read_are_shut_out(workspace: Workspace) -> None:
    assert examined(workspace)["workspace"].verdict is Verdict.GOOD
    workspace.root.chmod(0o755)
    workspace.persona.chmod(0o644)
    found = examined(workspace)["workspace"]
    assert found.verdict is Verdict.BAD and "can read persona.yaml" in found.text and "chmod -R go=" in found.text
    for path in workspace.root.iterdir():
        path.chmod(0o600)
    assert examined(workspace)["workspace"].verdict is Verdict.NOTE


def test_a_lora_for_another_model_is_found(workspace: Workspace) -> None:
    workspace.config.write_text("platforms: {web: {port: 0}}\n", "utf-8")
    assert "holds no LoRA yet: run `echoes train`" in examined(workspace)["lora"].text
    base = describe("embedded")
    codec = codec_for(base, MediaStore(workspace.media))
    for name, model in (("fits", base.id), ("other", "some/other-model")):
        folder = workspace.loras / name
        folder.mkdir(parents=True)
        (folder / "adapter_model.safetensors").write_bytes(b"")
        Fingerprint.of(model, codec).save(folder)
    workspace.config.write_text("model: {lora: fits}\nplatforms: {web: {port: 0}}\n", "utf-8")
    assert examined(workspace)["lora"].text == "fits fits the model"
    (workspace.loras / "fits" / "decision.json").write_text('{"bias": 1, "unknown": 2}', "utf-8")
    assert "decision.json is damaged" in examined(workspace)["lora"].text
    workspace.config.write_text("model: {lora: other}\nplatforms: {web: {port: 0}}\n", "utf-8")
    assert "trained for 'some/other-model'" in examined(workspace)["lora"].text
    workspace.config.write_text("model: {lora: third}\nplatforms: {web: {port: 0}}\n", "utf-8")
    assert "third is not among the LoRAs" in examined(workspace)["lora"].text
    workspace.config.write_text("model: {lora: ../fits}\nplatforms: {web: {port: 0}}\n", "utf-8")
    assert "../fits is not among the LoRAs" in examined(workspace)["lora"].text


def test_a_model_that_is_not_there(workspace: Workspace) -> None:
    workspace.config.write_text("model: {lora: none, base: ./nowhere}\nplatforms: {web: {port: 0}}\n", "utf-8")
    found = examined(workspace)["model"]
    assert found.verdict is Verdict.BAD and "./nowhere" in found.text


def test_too_little_memory(workspace: Workspace) -> None:
    workspace.config.write_text(
        "model: {lora: none, device: cpu, cache_mb: 1000000}\nplatforms: {web: {port: 0}}\n", "utf-8"
    )
    found = examined(workspace)["memory"]
    assert found.verdict is Verdict.BAD and "take a smaller model.base or model.cache_mb" in found.text


def test_a_port_in_use(workspace: Workspace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        workspace.config.write_text(f"model: {{lora: none}}\nplatforms: {{web: {{port: {port}}}}}\n", "utf-8")
        found = examined(workspace)["web port"]
    assert found.verdict is Verdict.BAD and f"127.0.0.1:{port} cannot be used" in found.text


def test_a_port_open_to_the_network_is_remarked_on(workspace: Workspace) -> None:
    workspace.config.write_text("model: {lora: none}\nplatforms: {web: {host: 0.0.0.0, port: 0}}\n", "utf-8")
    found = examined(workspace)["web port"]
    assert found.verdict is Verdict.NOTE and "open to the network" in found.text


def test_an_avatar_that_runs_keeps_its_ports(workspace: Workspace) -> None:
    with only_one(pid_file(workspace)):
        checks = examined(workspace)
    assert f"runs already (process {os.getpid()})" in checks["running"].text
    assert "web port" not in checks


def test_what_waits_in_the_journal_is_told(workspace: Workspace) -> None:
    journal = Journal.open(workspace.journal)
    chat = Chat("web", "tom", ChatKind.PRIVATE)
    journal.take(Message(chat, "1", Account("web", "tom"), "Tom", datetime.now(UTC), "hello"))
    assert examined(workspace)["journal"].text == "whole; 1 messages wait"
    journal.close()
    content = bytearray(workspace.journal.read_bytes())
    content[4096 : 4096 + 200] = b"\xff" * 200
    workspace.journal.write_bytes(bytes(content))
    assert examined(workspace)["journal"].verdict is Verdict.BAD


def test_a_clock_that_was_never_set(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.doctor.time.time", lambda: 5.0)
    found = examined(workspace)["clock"]
    assert found.verdict is Verdict.BAD and "1970-01-01" in found.text


def test_a_full_disk(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 5_000_000

    monkeypatch.setattr("bot.doctor.shutil.disk_usage", lambda path: Usage())
    assert "Only 5 MB are free" in examined(workspace)["disk"].text
    Usage.free = 1_000_000_000
    assert examined(workspace)["disk"].verdict is Verdict.NOTE


def test_a_journal_of_another_kind_is_not_touched(workspace: Workspace) -> None:
    connection = sqlite3.connect(workspace.journal)
    connection.execute("CREATE TABLE other (x)")
    connection.close()
    assert examined(workspace)["journal"].verdict is Verdict.BAD


# -- online -----------------------------------------------------------------------------------------------------------


class DiscordApi:
    """The two answers that matter."""

    def __init__(self) -> None:
        self.status, self.flags = 200, 1 << 19
        self.authorization = ""
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.authorization = request.headers["Authorization"]
        return web.json_response({"flags": self.flags}, status=self.status)


@pytest.fixture
async def discord() -> AsyncIterator[DiscordApi]:
    api = DiscordApi()
    app = web.Application()
    app.router.add_get("/applications/@me", api.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield api
    await runner.cleanup()


async def test_tokens_are_tried_and_privileges_looked_at(discord: DiscordApi) -> None:
    async with TelegramServer() as telegram, ModelServer() as model:
        config = parse_config(
            f"platforms: {{telegram: {{api_url: '{telegram.base_url.removesuffix('/bot')}'}}, discord: {{}}}}\n"
            f"model: {{server: {{url: '{model.url}', model: nora}}}}\n"
        )
        secrets = Secrets({"telegram_token": telegram.token, "discord_token": "a.b.c", "server_token": "s"})
        checks = by_name(await examine_online(config, secrets, discord.url))
        assert checks["telegram online"].verdict is not Verdict.BAD and "@" in checks["telegram online"].text
        assert checks["discord online"].verdict is Verdict.GOOD and discord.authorization == "Bot a.b.c"
        assert checks["server online"].text == "serves nora"

        discord.flags, model.model = 0, "another"
        wrong = Secrets({"telegram_token": "1:wrong", "discord_token": "a.b.c"})
        checks = by_name(await examine_online(config, wrong, discord.url))
        assert "Telegram refused the token" in checks["telegram online"].text
        assert "Message Content Intent" in checks["discord online"].text
        assert "does not serve 'nora' (it serves: another)" in checks["server online"].text

        discord.status = 401
        assert "refused" in by_name(await examine_online(config, wrong, discord.url))["discord online"].text
        discord.status = 503
        assert by_name(await examine_online(config, wrong, discord.url))["discord online"].verdict is Verdict.NOTE


async def test_without_a_network_no_address_is_shown() -> None:
    config = parse_config("platforms: {telegram: {api_url: 'http://127.0.0.1:9'}, discord: {}}\n")
    secrets = Secrets({"telegram_token": "123:secret", "discord_token": "a.b.c"})
    checks = await examine_online(config, secrets, "http://127.0.0.1:9")
    assert len(checks) == 2
    for check in checks:
        assert check.verdict is Verdict.BAD and "cannot be reached" in check.text
        assert "secret" not in check.text and "127.0.0.1" not in check.text


def test_online_without_a_readable_config_says_so_once(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.config.write_text("modle: {}\n", "utf-8")
    assert doctor(workspace, "--online") == ExitCode.CONFIG
    assert capsys.readouterr().out.count("modle") == 1
