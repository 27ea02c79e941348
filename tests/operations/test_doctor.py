"""The owner asks what is wrong before the first start."""

import json
import os
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web
from safetensors.numpy import load_file, save_file

from adapters.registry import installed
from bot.chat.prompt import Fingerprint
from bot.checks import Check, Verdict
from bot.cli import main
from bot.config import parse_config
from bot.consent import save_consent
from bot.doctor.online import examine_online
from bot.doctor.workspace import examine
from bot.engine.describe import codec_for, describe
from bot.engine.embedded import ensure_embedded
from bot.errors import ExitCode, PassingError
from bot.lock import only_one, pid_file
from bot.media import MediaStore
from bot.message import Account, Chat, ChatKind, Message
from bot.secrets import Secrets
from bot.store.journal import Journal
from bot.workspace import Workspace
from tests.operations.conftest import consent, read_fails
from tests.standins.openai import ModelServer
from tests.standins.proxy import HttpProxy
from tests.standins.telegram import TelegramServer
from tests.support import lora_folder

PLATFORMS = installed()


def by_name(checks: Iterable[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def examined(workspace: Workspace) -> dict[str, Check]:
    return by_name(examine(workspace, PLATFORMS, lambda what: None))


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


def test_hearing_and_speaking_are_looked_at_where_they_are_wanted(workspace: Workspace) -> None:
    assert not {"hearing", "speaking", "voice messages"} & set(examined(workspace))
    wanted = "hearing: {model: /no/model}\nspeaking: {voice: robin, command: [/no/voice]}\n"
    workspace.config.write_text(workspace.config.read_text("utf-8") + wanted, "utf-8")
    checks = examined(workspace)
    assert checks["hearing"].verdict is checks["speaking"].verdict is Verdict.NOTE
    assert "stay unheard. hearing.model: the folder /no/model is not there." in checks["hearing"].text
    assert checks["speaking"].text == "nothing is spoken: speaking.command names /no/voice, which is not there"
    assert checks["consent"].verdict is Verdict.BAD


def test_every_fault_is_found_in_one_go(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    workspace.config.write_text("model: {lora: none, bsae: x}\nsampling: {top_p: 9}\n", "utf-8")
    workspace.persona.unlink()
    workspace.people.write_text("people: {tom: {relationship: pal}}", "utf-8")
    workspace.journal.write_bytes(b"no database" * 100)
    assert doctor(workspace) == ExitCode.CONFIG
    printed = capsys.readouterr().out
    for word in ("did you mean base?", "sampling.top_p", "echoes subject", "'pal' is not one of", "is damaged"):
        assert word in printed, word
    assert printed.endswith("✗ must be mended first.\n")


def test_the_exit_code_is_the_first_faults(workspace: Workspace) -> None:
    save_consent(workspace.consent, consent(uses=()))
    assert doctor(workspace) == ExitCode.CONSENT


def test_no_platform_is_a_fault(workspace: Workspace) -> None:
    workspace.config.write_text("model: {lora: none}\n", "utf-8")
    assert any("none is on" in check.text for check in examine(workspace, PLATFORMS, lambda what: None))


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
        lora_folder(workspace.loras / name, Fingerprint.of(model, codec))
    workspace.config.write_text("model: {lora: fits}\nplatforms: {web: {port: 0}}\n", "utf-8")
    assert examined(workspace)["lora"].text == "fits is whole and fits the model"
    (workspace.loras / "fits" / "decision.json").write_text('{"bias": 1, "unknown": 2}', "utf-8")
    assert "decision.json is damaged" in examined(workspace)["lora"].text
    workspace.config.write_text("model: {lora: other}\nplatforms: {web: {port: 0}}\n", "utf-8")
    assert "trained for 'some/other-model'" in examined(workspace)["lora"].text
    workspace.config.write_text("model: {lora: third}\nplatforms: {web: {port: 0}}\n", "utf-8")
    assert "third is not among the LoRAs" in examined(workspace)["lora"].text
    workspace.config.write_text("model: {lora: ../fits}\nplatforms: {web: {port: 0}}\n", "utf-8")
    assert "../fits is not among the LoRAs" in examined(workspace)["lora"].text


@pytest.fixture
def lora(workspace: Workspace) -> Path:
    """The newest LoRA, in order, beside an older one."""
    workspace.config.write_text("platforms: {web: {port: 0}}\n", "utf-8")
    base = describe("embedded")
    fingerprint = Fingerprint.of(base.id, codec_for(base, MediaStore(workspace.media)))
    lora_folder(workspace.loras / "older", fingerprint)
    (workspace.loras / "latest").symlink_to("newest")
    return lora_folder(workspace.loras / "newest", fingerprint)


@pytest.mark.parametrize("server", ["", "server: {url: 'http://127.0.0.1:9/v1', model: nora}"])
@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda lora: (lora / "decision.json").unlink(), "decision.json is missing"),
        (lambda lora: (lora / "decision.json").write_text('{"bias": 1}'), "decision.json is damaged"),
        (lambda lora: (lora / "adapter_model.safetensors").unlink(), "adapter_model.safetensors is missing"),
        (lambda lora: (lora / "prompt.json").write_text("{"), "prompt.json is damaged"),
        (lambda lora: cut_short(lora / "adapter_model.safetensors"), "adapter_model.safetensors is cut short"),
        (lambda lora: of_another(lora, "layers.0", "layers.30"), "is none of the model's matrices"),
        (lambda lora: of_another(lora, "q_proj", "down_proj"), "is made for 576 numbers, and the model's has 1,536"),
        (lambda lora: of_another(lora, "lora_A", "lora_C"), "is none of the model's matrices"),
    ],
)  # fmt: skip
def test_a_lora_that_lost_something_is_not_ticked(
    workspace: Workspace, lora: Path, server: str, damage: Callable[[Path], object], sentence: str
) -> None:
    workspace.config.write_text(f"platforms: {{web: {{port: 0}}}}\nmodel: {{{server}}}\n", "utf-8")
    assert examined(workspace)["lora"].text == "newest is whole and fits the model"
    damage(lora)
    found = examined(workspace)["lora"]
    assert found.verdict is Verdict.BAD and found.code is ExitCode.CONFIG
    assert sentence in found.text and "echoes train" in found.text


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def of_another(lora: Path, name: str, other: str) -> None:
    """Renames matrices: those of another model."""
    file = lora / "adapter_model.safetensors"
    save_file({key.replace(name, other): matrix for key, matrix in load_file(file).items()}, file)


def test_weights_that_a_disk_no_longer_gives_are_not_ticked(
    workspace: Workspace, lora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_through(path: Path) -> None:
        assert path == lora / "adapter_model.safetensors"
        raise PassingError(f"{path} cannot be read (Input/output error): check that disk.")

    monkeypatch.setattr("bot.doctor.model.read_through", read_through)
    assert "Input/output error" in examined(workspace)["lora"].text


@pytest.fixture
def model(workspace: Workspace) -> Path:
    """A model's folder: the embedded one's small files, and weights in two files of which the index tells."""
    folder = workspace.root / "model"
    folder.mkdir()
    for file in ("config.json", "tokenizer.json", "preprocessor_config.json"):
        (folder / file).symlink_to(ensure_embedded() / file)
    for number in (1, 2):
        save_file({f"w{number}": np.zeros((4, 4), np.float32)}, folder / f"model-{number}.safetensors")
    index = {"weight_map": {"w1": "model-1.safetensors", "w2": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), "utf-8")
    workspace.config.write_text(f"model: {{lora: none, base: {folder}}}\nplatforms: {{web: {{port: 0}}}}\n", "utf-8")
    return folder


def test_a_models_weights_are_looked_into(workspace: Workspace, model: Path) -> None:
    assert examined(workspace)["model"].verdict is Verdict.GOOD
    cut_short(model / "model-2.safetensors")
    found = examined(workspace)["model"]
    assert found.verdict is Verdict.BAD and "model-2.safetensors is cut short or damaged" in found.text
    (model / "model-2.safetensors").unlink()
    found = examined(workspace)["model"]
    assert found.verdict is Verdict.BAD and "model-2.safetensors is missing" in found.text
    (model / "model.safetensors.index.json").write_text("{", "utf-8")
    assert "index.json is damaged" in examined(workspace)["model"].text


def test_people_that_are_missing_are_no_tick(workspace: Workspace) -> None:
    workspace.people.unlink()
    found = examined(workspace)["people"]
    assert (
        found.verdict is Verdict.NOTE
        and "people.yaml is missing, so nobody is known: `echoes subject WHO`" in found.text
    )


def test_a_date_of_nobody_known_is_told(workspace: Workspace) -> None:
    dates = "dates: [{contact: tom, on: 05-14, what: birthday}, {contact: zoe, on: 05-15, what: birthday}]\n"
    workspace.persona.write_text(f"name: Mei\n{dates}", "utf-8")
    found = examined(workspace)["people"]
    assert found.verdict is Verdict.NOTE and "`dates` in persona.yaml names zoe: not in people.yaml" in found.text


def test_who_is_to_be_answered_but_nowhere_known_is_a_fault_all_the_same(workspace: Workspace) -> None:
    workspace.people.unlink()
    workspace.config.write_text("model: {lora: none}\nconversation: {answer: [tom]}\n", "utf-8")
    assert "conversation.answer names tom: not in people.yaml" in examined(workspace)["people"].text


def test_what_cannot_be_read_just_now_is_a_sentence(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    files = (workspace.config, workspace.people, workspace.persona, workspace.consent, workspace.root / "web_token")
    for file in files:
        with monkeypatch.context() as patched:
            read_fails(patched, file)
            bad = [check for check in examine(workspace, PLATFORMS, lambda what: None) if check.verdict is Verdict.BAD]
        assert [check.code for check in bad] == [ExitCode.FAILED] and f"{file} cannot be read just now" in bad[0].text


def test_what_this_user_may_not_write_is_no_tick(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.received.mkdir()
    may = os.access
    monkeypatch.setattr(
        "bot.doctor.workspace.os.access", lambda path, mode: path != workspace.received and may(path, mode)
    )
    found = examined(workspace)["workspace"]
    assert found.verdict is Verdict.BAD and "cannot read and write received" in found.text


ANSWERS = """\
answers:
  - id: one
    question: What do you like?
    answer: {answer}
  - id: trait_1
    question: I am quiet. (1 = no, 7 = yes)
    answer: 6
"""


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        ("One thing: patience", "a text with a colon in it must stand in quotes"),
        ('"tea" and coffee', "must stand in quotes whole"),
        ('"tea', "the quotes that open here are never closed"),
        ("@home", "must stand in quotes"),
        ("[laughs] tea", "must stand in quotes"),
        ("*tea* it is", "must stand in quotes"),
        ("- tea", "must stand in quotes"),
    ],
)
def test_an_answer_that_is_no_yaml_is_found_with_its_line(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], answer: str, advice: str
) -> None:
    workspace.questionnaire.write_text(ANSWERS.replace("{answer}", answer), "utf-8")
    assert doctor(workspace) == ExitCode.CONFIG
    printed = capsys.readouterr().out
    assert f"✗ questionnaire    {workspace.questionnaire}:4: not valid YAML: " in printed and advice in printed
    assert "tea" not in printed and "patience" not in printed.replace("'one thing: patience'", "")
    assert main(["-w", str(workspace.root), "train"]) != ExitCode.OK


def test_a_questionnaire_in_order_is_counted(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    doctor(workspace)
    assert "! questionnaire    questionnaire.yaml holds no answers, or is not there" in capsys.readouterr().out
    workspace.questionnaire.write_text(ANSWERS.replace("{answer}", "'One thing: patience'"), "utf-8")
    assert doctor(workspace) == ExitCode.OK
    assert "✓ questionnaire    1 answers in words, 1 from 1 to 7" in capsys.readouterr().out


def test_room_for_a_training_is_counted(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Usage:
        free = 50_000_000_000

    monkeypatch.setattr("bot.doctor.workspace.shutil.disk_usage", lambda path: Usage())
    assert doctor(workspace) == ExitCode.OK
    assert "✓ training         about 0.2 GB are written meanwhile, 50.0 GB free" in capsys.readouterr().out
    Usage.free = 180_000_000
    doctor(workspace)
    assert "! training         about 0.2 GB are written meanwhile, 0.2 GB free: make room" in capsys.readouterr().out


def test_every_disk_that_is_written_to_is_looked_at(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos on a disk of their own, which is full."""
    workspace.received.mkdir()
    real = os.stat

    class Elsewhere:
        st_dev, st_mode, st_mtime = 999_999, 0o40700, 0.0

    class Usage:
        def __init__(self, path: Path) -> None:
            self.free = 1_000_000 if path == workspace.received else 50_000_000_000

    monkeypatch.setattr(
        Path, "stat", lambda path, **how: Elsewhere() if path == workspace.received else real(path, **how)
    )
    monkeypatch.setattr("bot.doctor.workspace.shutil.disk_usage", Usage)
    disks = [check for check in examine(workspace, PLATFORMS, lambda what: None) if check.name == "disk"]
    assert [check.verdict for check in disks] == [Verdict.GOOD, Verdict.BAD]
    assert f"Only 1 MB are free at {workspace.received}" in disks[1].text


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
    for _ in range(3):
        journal.failed([1], "KeyError")
    found = examined(workspace)
    assert found["journal"].text == "whole; 0 messages wait" and found["aside"].verdict is Verdict.NOTE
    journal.close()
    content = bytearray(workspace.journal.read_bytes())
    content[4096 : 4096 + 200] = b"\xff" * 200
    workspace.journal.write_bytes(bytes(content))
    assert examined(workspace)["journal"].verdict is Verdict.BAD


def test_a_clock_that_was_never_set(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.doctor.workspace.time.time", lambda: 5.0)
    found = examined(workspace)["clock"]
    assert found.verdict is Verdict.BAD and "1970-01-01" in found.text


def test_a_full_disk(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 5_000_000

    monkeypatch.setattr("bot.doctor.workspace.shutil.disk_usage", lambda path: Usage())
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


async def test_tokens_are_tried_and_privileges_looked_at(discord: DiscordApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.discord.API", discord.url)
    async with TelegramServer() as telegram, ModelServer() as model:
        config = parse_config(
            f"platforms: {{telegram: {{api_url: '{telegram.base_url.removesuffix('/bot')}'}}, discord: {{}}}}\n"
            f"model: {{server: {{url: '{model.url}', model: nora}}}}\n",
            platforms=PLATFORMS,
        )
        secrets = Secrets({"telegram_token": telegram.token, "discord_token": "a.b.c", "server_token": "s"})
        checks = by_name(await examine_online(config, secrets, PLATFORMS))
        assert checks["telegram online"].verdict is not Verdict.BAD and "@" in checks["telegram online"].text
        assert checks["discord online"].verdict is Verdict.GOOD and discord.authorization == "Bot a.b.c"
        assert checks["server online"].text == "serves nora"

        discord.flags, model.roots = 0, {"another": ""}
        wrong = Secrets({"telegram_token": "1:wrong", "discord_token": "a.b.c"})
        checks = by_name(await examine_online(config, wrong, PLATFORMS))
        assert "Telegram refused the token" in checks["telegram online"].text
        assert "Message Content Intent" in checks["discord online"].text
        assert "does not serve 'nora' (it serves: another)" in checks["server online"].text
        assert checks["server online"].verdict is Verdict.NOTE, "the start asks it to"
        assert "VLLM_ALLOW_RUNTIME_LORA_UPDATING" in checks["server online"].text
        bare = config.model_copy(update={"model": config.model.model_copy(update={"lora": "none"})})
        assert by_name(await examine_online(bare, wrong, PLATFORMS))["server online"].verdict is Verdict.BAD

        discord.status = 401
        assert "refused" in by_name(await examine_online(config, wrong, PLATFORMS))["discord online"].text
        discord.status = 503
        assert by_name(await examine_online(config, wrong, PLATFORMS))["discord online"].verdict is Verdict.NOTE


async def test_it_asks_through_the_proxies_that_the_avatar_uses(
    discord: DiscordApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.API", "http://discord.invalid")
    async with (
        TelegramServer() as telegram,
        HttpProxy({"telegram.invalid": telegram.base_url, "discord.invalid": discord.url}) as proxy,
    ):
        config = parse_config(
            f"platforms: {{telegram: {{api_url: 'http://telegram.invalid', proxy: '{proxy.url}'}}, "
            f"discord: {{proxy: '{proxy.url}'}}}}\n",
            platforms=PLATFORMS,
        )
        secrets = Secrets({"telegram_token": telegram.token, "discord_token": "a.b.c"})
        checks = await examine_online(config, secrets, PLATFORMS)
        assert [check.verdict for check in checks if check.verdict is Verdict.BAD] == []
        assert len(proxy.passed) == 2 and not proxy.refused


async def test_an_environments_proxy_counts_only_where_the_avatar_would_use_it(
    discord: DiscordApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with HttpProxy({"discord.invalid": discord.url}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setattr("adapters.discord.API", "http://discord.invalid")
        config = parse_config("platforms: {discord: {}}\n", platforms=PLATFORMS)
        [check] = await examine_online(config, Secrets({"discord_token": "a.b.c"}), PLATFORMS)
        assert check.verdict is Verdict.BAD and not proxy.passed


async def test_without_a_network_no_address_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.discord.API", "http://127.0.0.1:9")
    config = parse_config("platforms: {telegram: {api_url: 'http://127.0.0.1:9'}, discord: {}}\n", platforms=PLATFORMS)
    secrets = Secrets({"telegram_token": "123:secret", "discord_token": "a.b.c"})
    checks = await examine_online(config, secrets, PLATFORMS)
    assert len(checks) == 2
    for check in checks:
        assert check.verdict is Verdict.BAD and "cannot be reached" in check.text
        assert "secret" not in check.text and "127.0.0.1" not in check.text


@pytest.mark.parametrize(("name", "said"), [("Cats", "reads groups"), ("Dogs", "Telegram has no stickers Dogs")])
async def test_stickers_that_are_not_there_are_told_before_the_start(name: str, said: str) -> None:
    async with TelegramServer() as telegram:
        telegram.world.sticker_sets["Cats"] = [telegram.world.sticker(b"", "😂", False)]
        api = telegram.base_url.removesuffix("/bot")
        config = parse_config(
            f"platforms: {{telegram: {{api_url: '{api}', sticker_set: {name}}}}}\n", platforms=PLATFORMS
        )
        checks = await examine_online(config, Secrets({"telegram_token": telegram.token}), PLATFORMS)
        check = by_name(checks)["telegram online"]
        assert said in check.text and (check.verdict is Verdict.NOTE) is (name == "Dogs")


def test_online_without_a_readable_config_says_so_once(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.config.write_text("modle: {}\n", "utf-8")
    assert doctor(workspace, "--online") == ExitCode.CONFIG
    assert capsys.readouterr().out.count("modle") == 1


def test_what_is_to_be_remembered_is_looked_at(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    workspace.memory.write_text("anybody: [I was born in Hull.]\ncontacts: {nobody-known: [She is shy.]}\n", "utf-8")
    assert doctor(workspace) == ExitCode.OK
    printed = capsys.readouterr().out
    assert "✓ memory           2 facts written down" in printed and "Hull" not in printed
    assert "! memory           memory.yaml names nobody's short name: nobody-known" in printed
    workspace.memory.write_text("anybody: 3\n", "utf-8")
    assert doctor(workspace) == ExitCode.CONFIG
    assert f"✗ memory           {workspace.memory}:1: anybody" in capsys.readouterr().out
