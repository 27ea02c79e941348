"""HEIC, the photos of iPhones: read upright, bounded like all others, and told of where nothing here reads them.

turned.heic was encoded by libheif and x265: 64×48, red above blue, by an iPhone held sideways, so upright it is 48×64.
"""

import random
import sys
from pathlib import Path
from types import ModuleType

import pytest

from bot import heic, pictures
from bot.errors import DataError
from bot.media import MediaStore
from bot.pictures import decode
from training.data.importers.media import ExportMedia

HEIC = (Path(__file__).parent / "turned.heic").read_bytes()


def test_it_is_read_upright_and_once() -> None:
    seen = decode(HEIC)
    assert (seen.size, seen.mode) == ((48, 64), "RGB")
    left, right = seen.getpixel((2, 30)), seen.getpixel((45, 30))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert (left[2] > 200, right[0] > 200) == (True, True)  # what was below is on the left


def test_a_store_keeps_it_as_it_came(tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    digest = store.put(HEIC)
    assert store.path(digest).read_bytes() == HEIC
    assert store.size(digest) == (48, 64)


def test_one_of_too_many_pixels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_MEMORY", 10_000)
    with pytest.raises(DataError, match=r"48×64 pixels was left out: of this kind \(HEIC\) at most 1,000"):
        decode(HEIC)


def test_one_that_claims_to_be_larger_than_it_is_is_refused() -> None:
    size = HEIC.index(b"ispe") + 8
    with pytest.raises(DataError, match="could not be read"):
        decode(HEIC[:size] + (10_000).to_bytes(4, "big") * 2 + HEIC[size + 8 :])


def test_damaged_ones_are_read_or_refused_in_a_sentence() -> None:
    rng = random.Random(0)
    for number in range(200):
        damaged = bytearray(HEIC)
        for _ in range(1 + number % 8):
            damaged[rng.randrange(12, len(damaged))] = rng.randrange(256)
        try:
            decode(bytes(damaged[: rng.randrange(40, len(damaged) + 1)] if number % 3 == 0 else damaged))
        except DataError as error:
            assert str(error).startswith("A photo ")


def test_other_files_of_the_same_family_are_not_taken_for_it() -> None:
    assert heic.is_heic(HEIC)
    assert heic.is_heic(b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic")
    assert not heic.is_heic(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif")
    assert not heic.is_heic(b"\0\0\0\x1cftypisom\0\0\0\0isommp42")


def take(tmp_path: Path) -> ExportMedia:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "IMG_1.HEIC").write_bytes(HEIC)
    media = ExportMedia(MediaStore(tmp_path / "media"), tmp_path / "export", tmp_path / "export")
    media.take("IMG_1.HEIC")
    return media


def test_without_a_decoder_an_import_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heic, "_PACKAGES", ("no_such_package",))
    with pytest.raises(DataError, match=r"nothing is installed that reads it: pip install 'echoes-avatar\[heic\]'"):
        decode(HEIC)
    (reason,) = take(tmp_path).left_out
    assert "pip install 'echoes-avatar[heic]'" in reason


def test_a_decoder_with_known_holes_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = ModuleType("pi_heif")
    old.__spec__ = sys.modules[__name__].__spec__
    old.libheif_version = lambda: "1.23.0"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pi_heif", old)
    with pytest.raises(DataError, match=r"brings libheif 1\.23\.0, .* Install one with 1\.23\.4 or newer"):
        decode(HEIC)
