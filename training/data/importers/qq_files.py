"""Where QQ Chat Exporter puts what was sent: in folders of `resources`, beside the JSON or above its chunks.

Its versions name a file in different ways: by its place, by its place within `resources`, or as QQ called it, while the
file has its MD5 in front, or another ending, for a voice message was made into something that browsers play.
"""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from training.data.importers.base import clean_name

_FOLDERS = {"image": "images", "audio": "audios", "voice": "audios", "video": "videos"}
_PLACES = ("resources", "../resources")
_NAMED_BY = ("localPath", "url", "filename")
_MD5 = re.compile(r"\A[0-9A-Fa-f]{32}_")


class Resources:
    """The files of an export. beside: the folder of the JSON, which all names are relative to."""

    def __init__(self, beside: Path) -> None:
        self._beside = beside
        self._indexes: dict[str, dict[str, str]] = {}

    def name_of(self, type_: str, part: Mapping[str, object]) -> str:
        """Returns the name of the file of a part; where none is found the one that is told, and "" where none is."""
        told = [name for key in _NAMED_BY if (name := clean_name(part.get(key))) and "://" not in name]
        index = self._index(_FOLDERS[type_])
        bare = [PurePosixPath(name.replace("\\", "/")) for name in told]
        wanted = [path.name for path in bare] + [path.stem for path in bare]
        found = (index[name] for name in wanted if index.get(name))
        return next(found, told[0] if told else "")

    def _index(self, folder: str) -> dict[str, str]:
        """Returns files by their names, whole, without MD5, and without ending; "" where several would have one."""
        if folder not in self._indexes:
            index: dict[str, str] = {}
            for file in sorted(self._files(folder)):
                name = PurePosixPath(file).name
                without = _MD5.sub("", name)
                for key in {name, without, PurePosixPath(without).stem}:
                    index[key] = file if index.get(key, file) == file or key == name else ""
            self._indexes[folder] = index
        return self._indexes[folder]

    def _files(self, folder: str) -> list[str]:
        for place in _PLACES:
            try:
                return [f"{place}/{folder}/{path.name}" for path in (self._beside / place / folder).iterdir()]
            except OSError:
                continue
        return []
