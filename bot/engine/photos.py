"""The photos of a prompt as the model's inputs."""

import io
from collections.abc import Iterable

import torch
from PIL import Image

from bot.chat.prompt import PhotoSpan
from bot.engine.models import LoadedModel, photo_tensors
from bot.media import MediaStore


def photo_inputs(loaded: LoadedModel, media: MediaStore, photos: Iterable[PhotoSpan]) -> dict[str, torch.Tensor]:
    """Returns `pixel_values` and `image_grid_thw` on the model's device, in the order of spans; {} without photos."""
    size = loaded.geometry.size
    images = [Image.open(io.BytesIO(media.resized(one.digest, *size(one.grid)))) for one in photos]
    if not images:
        return {}
    pixels, grids = photo_tensors(loaded, images)
    device = loaded.device
    return {"pixel_values": pixels.to(device, loaded.model.dtype), "image_grid_thw": grids.to(device)}
