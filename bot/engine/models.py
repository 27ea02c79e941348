"""Loading a base model: a Qwen2.5-VL or Qwen3-VL, on what there is. Works without torchvision."""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from PIL import Image
from safetensors import SafetensorError
from tokenizers import Tokenizer
from transformers import (
    BitsAndBytesConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen3VLForConditionalGeneration,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.utils import logging

from bot.chat.prompt import PhotoGeometry
from bot.engine.describe import BaseModel, Family, codec_for, describe
from bot.errors import ConfigError, PassingError
from bot.files import refusal

__all__ = [
    "CLASSES",
    "LoadedModel",
    "QwenVL",
    "codec_for",
    "device_of",
    "dtype_of",
    "load",
    "out_of_memory",
    "photo_tensors",
]

QwenVL = Qwen2_5_VLForConditionalGeneration | Qwen3VLForConditionalGeneration

CLASSES: dict[Family, type[Qwen2_5_VLForConditionalGeneration] | type[Qwen3VLForConditionalGeneration]] = {
    "qwen2_5_vl": Qwen2_5_VLForConditionalGeneration,
    "qwen3_vl": Qwen3VLForConditionalGeneration,
}
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class LoadedModel:
    model: QwenVL
    tokenizer: Tokenizer
    image_processor: Qwen2VLImageProcessorPil
    geometry: PhotoGeometry
    base_id: str
    family: Family
    max_positions: int
    four_bit: bool = False

    @property
    def device(self) -> torch.device:
        return self.model.device

    @property
    def precision(self) -> str:
        """Where and in which precision it computes, such as `float32, cpu`."""
        dtype = str(self.model.dtype).removeprefix("torch.")
        return f"{dtype}{', 4 bits' if self.four_bit else ''}, {self.device}"


def load(
    base: str,
    device: str = "auto",
    dtype: str = "auto",
    four_bit: bool = False,
    progress: Callable[[str], None] | None = None,
) -> LoadedModel:
    """Loads what `describe` describes. Raises ConfigError in a sentence where it cannot, PassingError for now.

    device: auto (a GPU where there is one), cpu, cuda, cuda:1, mps; dtype: auto, float32, bfloat16, float16.
    """
    place = device_of(device)
    described = describe(base, progress)
    precision = _dtype(dtype, place)
    quantization = _four_bit(place, precision) if four_bit else None
    if progress:
        progress(f"loading {base}")
    return LoadedModel(
        _weights(base, described, place, precision, quantization),
        described.tokenizer,
        _image_processor(described),
        described.geometry,
        described.id,
        described.family,
        described.max_positions,
        four_bit,
    )


def photo_tensors(loaded: LoadedModel, images: Sequence[Image.Image]) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns pixel_values (patches × values a patch) and image_grid_thw (photos × 3), on the CPU.

    The grid is the codec's for the image's size, whatever its shape: the vision tower sees what the prompt counted on.
    """
    patch = loaded.geometry.patch
    sized = []
    for image in images:
        _, rows, columns = loaded.geometry.grid(*image.size)
        sized.append(image.resize((columns * patch, rows * patch), resample=Image.Resampling.BICUBIC))
    batch = loaded.image_processor(images=sized, do_resize=False, return_tensors="pt")
    return batch["pixel_values"], batch["image_grid_thw"]


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a step of the model needed more memory than there is."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def threads() -> int:
    """How many threads one step of the model uses on the CPU."""
    return torch.get_num_threads()


def gpu_bytes() -> int | None:
    """Returns the most bytes that were taken on the GPU; None without one."""
    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None


def _weights(
    base: str,
    described: BaseModel,
    device: torch.device,
    dtype: torch.dtype,
    quantization: BitsAndBytesConfig | None,
) -> QwenVL:
    load_weights: Any = partial(
        CLASSES[described.family].from_pretrained,
        described.source,
        dtype=dtype,
        device_map={"": device},
        quantization_config=quantization,
        attn_implementation="sdpa",
        output_loading_info=True,
    )
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        try:
            model, report = load_weights(local_files_only=True)  # without a network, at once
        except OSError:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
            model, report = load_weights()
    except torch.OutOfMemoryError as error:
        raise ConfigError(
            f"model.base: {base} does not fit into the memory of {device}: take a smaller model or four_bit: true."
        ) from error
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        if (sentence := refusal(error)) is not None and not isinstance(error, FileNotFoundError):
            raise PassingError(sentence) from error
        raise ConfigError(
            f"model.base: the weights of {base} cannot be loaded ({_first_line(error)}): "
            f"delete {described.folder} and fetch the model again."
        ) from error
    finally:
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
    if report["missing_keys"]:
        raise ConfigError(
            f"model.base: {base} lacks {len(report['missing_keys'])} of its weights "
            f"(such as {min(report['missing_keys'])}): copy the model again."
        )
    loaded: QwenVL = model.eval()
    _let_go_of_files(loaded)
    return loaded.requires_grad_(False)


def _let_go_of_files(model: QwenVL) -> None:
    """Copies weights that are used as they lie in a file, if they are few: the whole file is in memory for them.

    Where most of them are, it stays: that takes no memory twice.
    """
    every = list(model.parameters())
    of_file = [value for value in every if not value.untyped_storage().resizable()]
    if 2 * sum(value.nbytes for value in of_file) < sum(value.nbytes for value in every):
        for value in of_file:
            value.data = value.detach().clone()


def _image_processor(described: BaseModel) -> Qwen2VLImageProcessorPil:
    geometry = described.geometry
    processor: Qwen2VLImageProcessorPil = Qwen2VLImageProcessorPil.from_pretrained(
        described.folder,
        patch_size=geometry.patch,
        merge_size=geometry.merge,
        size={"shortest_edge": geometry.min_pixels, "longest_edge": geometry.max_pixels},
    )
    return processor


def device_of(wanted: str) -> torch.device:
    """The device that `load` loads to. Raises ConfigError as it does."""
    if wanted == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise ConfigError(f"model.device: {wanted!r} is not a device: give auto, cpu, cuda or mps.") from None
    if device.type == "cuda":
        count = torch.cuda.device_count()
        if (device.index or 0) >= count:
            seen = f"only {count} GPUs" if count else "no GPU"
            raise ConfigError(f"model.device: {wanted}: PyTorch sees {seen} here: install its driver, or give auto.")
        return torch.device("cuda", device.index or 0)
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ConfigError("model.device: mps: this is not a Mac with a GPU that PyTorch can use: give auto.")
    return device


def dtype_of(device: str, dtype: str) -> torch.dtype:
    """The precision of the weights that `load` loads. Raises ConfigError as it does."""
    return _dtype(dtype, device_of(device))


def _dtype(wanted: str, device: torch.device) -> torch.dtype:
    if wanted in _DTYPES:
        return _DTYPES[wanted]
    if wanted != "auto":
        raise ConfigError(f"model.dtype: {wanted!r} is not one of auto, {', '.join(_DTYPES)}.")
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    return torch.float16 if device.type == "mps" else torch.float32


def _four_bit(device: torch.device, dtype: torch.dtype) -> BitsAndBytesConfig:
    if device.type != "cuda":
        raise ConfigError(f"model.four_bit: 4-bit weights need an NVIDIA GPU, and the model goes to {device}.")
    if importlib.util.find_spec("bitsandbytes") is None:
        raise ConfigError("model.four_bit: bitsandbytes is not installed: run `pip install bitsandbytes`.")
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
        llm_int8_skip_modules=["visual", "lm_head"],
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
