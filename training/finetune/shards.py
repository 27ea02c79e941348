"""A model whose layers are divided among the processes that learn: each is whole only where it computes just then."""

import torch
from torch import distributed
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from training.finetune.losses import Objective


def divide(objective: Objective, device: torch.device) -> None:
    """Moves the model to the device, of its layers' frozen weights only this process's part.

    The LoRA, the embedding, the output and the vision tower are whole in each process: nothing changes for what is
    learnt. Every process must compute with the objective as often as the others, for they lend each other their parts.
    """
    mesh = init_device_mesh(device.type, (distributed.get_world_size(),))
    for layer in objective.model.model.language_model.layers:
        fully_shard(layer, mesh=mesh, ignored_params={one for one in layer.parameters() if one.requires_grad})
    # Holds no weights itself: the layers below it share what they gather by, and fetch the next one ahead.
    fully_shard(objective, mesh=mesh, ignored_params=set(objective.parameters()))
    objective.to(device)
