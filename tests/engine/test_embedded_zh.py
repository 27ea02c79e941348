"""The Chinese embedded model: made once, of a file that is fetched when it is first asked for."""

import errno
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import render
from bot.config import Config
from bot.engine import embedded_zh as module
from bot.engine.describe import codec_for, describe
from bot.engine.embedded_zh import RECIPE, WEIGHTS, embedded_zh_folder, ensure_embedded_zh, fetched_folder
from bot.engine.factory import build_engine
from bot.errors import PassingError
from bot.media import MediaStore
from bot.message import ChatKind
from bot.persona import Persona
from bot.sampling import Sampling
from tests.ready.text_only import small_qwen2, write_file

REAL = fetched_folder() / WEIGHTS.name
"""Where the real weights are, once somebody has used the model here."""


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache of one's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "echoes"


@pytest.fixture
def small(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small model in the place of the real one, fetched already."""
    fetched_folder().mkdir(parents=True)
    path = write_file(small_qwen2(), fetched_folder() / WEIGHTS.name)
    monkeypatch.setattr(
        module, "WEIGHTS", replace(WEIGHTS, size=path.stat().st_size, sha256=sha256(path.read_bytes()).hexdigest())
    )
    return path


def test_it_is_made_once_and_that_is_said(small: Path, tmp_path: Path) -> None:
    said: list[str] = []
    found = describe("embedded-zh", said.append)
    assert (found.id, found.folder, found.family) == (RECIPE, embedded_zh_folder(), "qwen2_5_vl")
    assert not found.geometry.sees
    assert said[-1] == "writing the Chinese embedded model, once (0.0 GB)"
    codec = codec_for(found, MediaStore(tmp_path / "media"))
    assert codec.decode(codec.encode("这周末你打算做什么？🎉")) == "这周末你打算做什么？🎉"
    small.unlink()
    assert describe("embedded-zh", said.append).id == RECIPE
    assert len(said) == 2, "what it was made of is needed no more"


def test_once_made_it_is_described_without_a_word_of_torch(small: Path) -> None:
    ensure_embedded_zh()
    code = (
        "import sys; from bot.engine.describe import describe; d = describe('embedded-zh'); "
        "print(d.id, *('torch' in sys.modules, 'gguf' in sys.modules, 'huggingface_hub' in sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.split() == [RECIPE, "False", "False", "False"]


def test_without_a_network_it_says_what_to_do(cache: Path) -> None:
    with pytest.raises(PassingError) as caught:
        describe("embedded-zh")
    sentence = str(caught.value)
    assert sentence.startswith(f"{WEIGHTS.name} is not on this machine and cannot be had now.")
    assert f"put the file from {WEIGHTS.repository} into {cache / 'fetched'} yourself" in sentence
    assert sentence.endswith("or set model.base: embedded-en in config.yaml, which hardly writes Chinese.")
    assert not embedded_zh_folder().exists()


def test_a_failed_making_leaves_nothing(small: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, weights: object) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("bot.engine.ready.folder.write_weights", fail)
        with pytest.raises(PassingError, match=r"could not be written to .* \(No space left on device\): free 2 GB"):
            ensure_embedded_zh()
    assert [path.name for path in cache.iterdir()] == ["fetched"]
    assert ensure_embedded_zh() == cache / RECIPE


def test_a_disk_without_room(small: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    with pytest.raises(PassingError, match=r"takes 0\.0 GB in .*, where 0\.0 GB are free: make room there"):
        ensure_embedded_zh()
    assert [path.name for path in cache.iterdir()] == ["fetched"]


def test_its_licence_and_source_ship_with_it() -> None:
    notice = Path(module.__file__).with_suffix(".NOTICE").read_text("utf-8")
    for word in (WEIGHTS.sha256, WEIGHTS.name, WEIGHTS.repository, "Apache-2.0", "are changed"):
        assert word in notice


@pytest.mark.skipif(not REAL.is_file(), reason="the Chinese embedded model's weights are not in the cache")
async def test_the_real_one_writes_chinese(tmp_path: Path) -> None:
    model = Config().model.model_copy(update={"base": "embedded-zh"})
    engine = await build_engine(Config(model=model), None, MediaStore(tmp_path / "media"))
    grandmother = Speaker("外婆", "elder")
    scene = Scene(Persona("林小满", (), "zh"), ChatKind.PRIVATE, partner=grandmother)
    turns = [Turn(grandmother, (Bubble("这周末你打算做什么？"),), datetime(2026, 3, 1, tzinfo=UTC))]
    prompt = render(scene, turns, engine.codec, open_turn=True)
    try:
        pieces = [piece async for piece in engine.reply("a", prompt, Sampling(temperature=0, max_tokens=20))]
    finally:
        await engine.aclose()
    letters = [letter for letter in "".join(pieces) if letter.isalpha()]
    assert len(letters) > 4 and all("\u4e00" <= letter <= "\u9fff" for letter in letters)
