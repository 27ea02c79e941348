"""The folder that a model's file and its tower's become: config, tokenizer, photo settings, weights."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gguf import Keys
from tokenizers import Tokenizer

from bot.engine.describe import Family
from bot.engine.llama.names import transformers_name
from bot.engine.llama.vocabulary import read_vocabulary
from bot.engine.ready.decoder import text_config
from bot.engine.ready.reading import Head, Part
from bot.engine.ready.tower import Tower
from bot.engine.ready.weights import Weight, write_weights
from bot.errors import ConfigError, EchoesError

NEEDED = ("config.json", "tokenizer.json", "preprocessor_config.json", "model.safetensors")

_OUTPUT = "output.weight"
_TOWER = "model.visual."
_IN_TIME = f"{_TOWER}patch_embed.proj.weight"  # a kernel over two frames, which are slices of their own in GGUF
_PLACES = {
    "vision_start_token_id": "<|vision_start|>",
    "vision_end_token_id": "<|vision_end|>",
    "image_token_id": "<|image_pad|>",
    "video_token_id": "<|video_pad|>",
}
_END, _PAD = "<|im_end|>", "<|endoftext|>"


class Opened:
    """A Qwen-VL's files, looked at. Raises ConfigError where they are not those of one model."""

    def __init__(self, family: Family, decoder: Head, tower: Tower) -> None:
        self._family, self._decoder, self._tower = family, decoder, tower
        self._tokenizer = _tokenizer(decoder)
        try:
            self._config, self._photos = self._described(), tower.photos()
            shapes = _shapes(family, self._config)
        except EchoesError:
            raise
        except Exception as error:  # the library raises no narrower kind, and what a key tells may be anything
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise ConfigError(
                f"model.base: {decoder.path} and {tower.path} tell of a model that cannot be ({reason}): "
                "download others."
            ) from error
        self._weights = self._named()
        self._check(shapes)

    @property
    def size(self) -> int:
        """How many bytes the folder takes, but for what is small."""
        return sum(weight.size for weight in self._weights)

    def write(self, folder: Path) -> None:
        """Raises ConfigError where a file is damaged, OSError where the folder cannot be written."""
        self._tokenizer.save(str(folder / "tokenizer.json"))
        for name, content in self._side_files().items():
            (folder / name).write_text(json.dumps(content, indent=2) + "\n", "utf-8")
        write_weights(folder / "model.safetensors", self._weights)

    def _described(self) -> Mapping[str, Any]:
        """config.json."""
        from bot.engine.models import CLASSES

        rows = len(self._decoder[Keys.Tokenizer.LIST])
        tied = _OUTPUT not in self._decoder.tensors
        ids = self._tokenizer.get_vocab()
        return {
            "model_type": self._family,
            "architectures": [CLASSES[self._family].__name__],
            "dtype": "float16",
            "text_config": text_config(self._decoder, self._family, rows=rows, tied=tied),
            "vision_config": self._tower.config(),
            "tie_word_embeddings": tied,
            **{key: ids.get(token, rows) for key, token in _PLACES.items()},  # where there is none, no token at all
        }

    def _named(self) -> Sequence[Weight]:
        """The tower's first and the layers' last: folders are told apart by what their files begin and end with."""
        made: dict[str, Sequence[Part]] = dict(self._tower.tensors())
        made |= {transformers_name(there) or there: [one] for there, one in self._decoder.tensors.items()}
        names = sorted(made, key=lambda name: (not name.startswith(_TOWER), ".layers." in name, name))
        return [Weight(name, made[name], in_time=name == _IN_TIME) for name in names]

    def _check(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """shapes: of the weights that there should be, by name."""
        for weight in self._weights:
            part, shape = weight.parts[0], shapes.get(weight.name)
            if shape is None:
                raise ConfigError(f"model.base: {part.path} holds {part.name}, which no model of its kind has.")
            if shape != weight.shape:
                raise ConfigError(
                    f"model.base: {part.path} tells other sizes than it has: {part.name} is {_by(weight.shape)} and "
                    f"should be {_by(shape)}: download one that a newer converter made."
                )
        if missing := shapes.keys() - {weight.name for weight in self._weights}:
            path = self._tower.path if min(missing).startswith(_TOWER) else self._decoder.path
            raise ConfigError(
                f"model.base: {path} lacks {len(missing)} of the model's weights (such as {min(missing)}): "
                "download it again."
            )

    def _side_files(self) -> Mapping[str, Any]:
        """What is read besides weights and tokenizer, by us and by others."""
        end = self._decoder[Keys.Tokenizer.EOS_ID]
        template = self._decoder.told.get(Keys.Tokenizer.CHAT_TEMPLATE)
        words = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": _END, "pad_token": _PAD}
        return {
            "config.json": self._config,
            "preprocessor_config.json": self._photos,
            "generation_config.json": {"eos_token_id": end},
            "tokenizer_config.json": words | ({"chat_template": template} if template else {}),
        }


def _tokenizer(head: Head) -> Tokenizer:
    try:
        return read_vocabulary(head.told)
    except KeyError as error:
        raise ConfigError(f"model.base: {head.path} does not tell its {error.args[0]}: download another.") from error
    except Exception as error:  # the library raises no narrower kind
        raise ConfigError(f"model.base: the tokenizer in {head.path} cannot be used: {error}.") from error


def _shapes(family: Family, config: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """The weights of a model's real class, made without memory."""
    import torch

    from bot.engine.models import CLASSES

    kind: Any = CLASSES[family]
    with torch.device("meta"):
        model = kind(kind.config_class(**config))
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    if config["tie_word_embeddings"]:
        del shapes["lm_head.weight"]
    return shapes


def _by(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
