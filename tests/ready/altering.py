"""A GGUF file written again, with other keys, fewer tensors, or in several parts."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gguf

LEFT_OUT = object()
"""For a key: that the file no longer tells it."""


def altered(
    source: Path,
    path: Path,
    told: Mapping[str, Any] | None = None,
    keep: Callable[[str], bool] = lambda name: True,
    name: Callable[[str], str] = lambda name: name,
) -> Path:
    """told: other values for keys that it has. keep, name: which tensors stay, and what they are called then."""
    reader, told = gguf.GGUFReader(source), told or {}
    arch = gguf.Keys.General.ARCHITECTURE
    writer = gguf.GGUFWriter(path, told.get(arch) or reader.fields[arch].contents())
    for key, field in reader.fields.items():
        if not key.startswith("GGUF.") and key != arch and (value := told.get(key, field.contents())) is not LEFT_OUT:
            writer.add_key_value(key, value, field.types[0], field.types[-1] if len(field.types) > 1 else None)
    for tensor in reader.tensors:
        if keep(tensor.name):
            writer.add_tensor(name(tensor.name), tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def in_parts(source: Path, folder: Path, count: int) -> Sequence[Path]:
    """The file as so many, of which the first tells the keys."""
    names = [tensor.name for tensor in gguf.GGUFReader(source).tensors]
    parts = []
    for number in range(count):
        here = set(names[number::count])
        path = folder / f"{source.stem}-{number + 1:05}-of-{count:05}.gguf"
        parts.append(altered(source, path, keep=here.__contains__))
    return parts
