"""HEIC, in which iPhones keep photos: read by a package that not everybody installs, and not by every version of it."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from bot.errors import DataError

_BRANDS = (b"heic", b"heix", b"heim", b"heis")
_GENERAL = (b"mif1", b"msf1")  # HEIF of any kind: what is in it stands behind
_PACKAGES = ("pi_heif", "pillow_heif")  # the first decodes only; the second brings an encoder under the GPL
_SAFE = (1, 23, 4)
"""The oldest libheif that is used: earlier ones write out of bounds on made-up pictures (the advisories of 2026)."""

INSTALL = "pip install 'echoes-avatar[heic]'"


class NoDecoder(DataError):
    """There is nothing here to read a HEIC picture with."""


def is_heic(data: bytes) -> bool:
    """Says whether these are the bytes of a HEIC picture."""
    brand = data[8:12]
    return data[4:8] == b"ftyp" and (brand in _BRANDS or (brand in _GENERAL and b"heic" in data[16:64]))


def open_heic(data: bytes) -> Any:
    """Opens a picture without decoding it. It has `size` and `to_pillow()`, which turns it upright.

    Raises NoDecoder where no package for it is installed, or only one with known holes; and whatever that one raises.
    """
    package = next((name for name in _PACKAGES if find_spec(name)), None)
    if package is None:
        raise NoDecoder(f"A photo is HEIC, and nothing is installed that reads it: {INSTALL}.")
    heif = import_module(package)
    version = str(heif.libheif_version())
    if tuple(int(part) for part in version.split(".")) < _SAFE:
        safe = ".".join(map(str, _SAFE))
        raise NoDecoder(
            f"A photo is HEIC, and was not read: {package} brings libheif {version}, which made-up pictures can take "
            f"over. Install one with {safe} or newer: {INSTALL}."
        )
    return heif.open_heif(data)
