"""Processes that learn together: the first runs the training, and each does its share of every step."""

import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]
from accelerate.utils import broadcast_object_list  # type: ignore[import-untyped]
from torch import Tensor

from training.finetune.samples import Sample

_HERE = "127.0.0.1"


@contextmanager
def followers(count: int, follow: Callable[..., None], *arguments: object) -> Iterator[None]:
    """Starts processes number 1 to `count`, each of which calls `follow` with the arguments; this one is number 0.

    Call it before anything asks accelerate for the device. They end with the block, however it ends.
    """
    if not count:
        yield
        return
    with socket.create_server((_HERE, 0)) as probe:
        port = probe.getsockname()[1]
    shared = {"MASTER_ADDR": _HERE, "MASTER_PORT": str(port), "WORLD_SIZE": str(count + 1)}
    shared["LOCAL_WORLD_SIZE"] = shared["WORLD_SIZE"]
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_follower, args=(shared | _numbered(number), follow, arguments), daemon=True)
        for number in range(1, count + 1)
    ]
    for process in processes:
        process.start()
    before = dict(os.environ)
    os.environ.update(shared | _numbered(0))
    try:
        yield
        for process in processes:
            process.join(60)
    finally:
        os.environ.clear()
        os.environ.update(before)
        for process in processes:
            process.kill()
            process.join()


def _numbered(number: int) -> dict[str, str]:
    return {"RANK": str(number), "LOCAL_RANK": str(number)}


def _follower(environment: dict[str, str], follow: Callable[..., None], arguments: Sequence[object]) -> None:
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it, saves, and ends the others
    follow(*arguments)


class Ranks:
    """This process among those that learn together, by accelerate's count; mostly it is the only one."""

    def __init__(self, accelerator: Accelerator) -> None:
        self._accelerator = accelerator
        self.count: int = accelerator.num_processes

    def tell(self, order: object) -> None:
        """Tells the others what to do next."""
        if self.count > 1:
            broadcast_object_list([order], 0)

    def hear(self) -> Any:
        """Waits for what the first process tells."""
        held: list[Any] = [None]
        broadcast_object_list(held, 0)
        return held[0]

    def share(self, samples: Sequence[Sample]) -> list[Sample]:
        """Returns this process's part of a batch: each has about as many tokens."""
        if self.count == 1:
            return list(samples)
        shares: list[list[Sample]] = [[] for _ in range(self.count)]
        for sample in sorted(samples, key=lambda one: -len(one.ids)):
            min(shares, key=lambda share: sum(len(one.ids) for one in share)).append(sample)
        return shares[self._accelerator.process_index]

    def sum_up(self, tensors: Sequence[Tensor]) -> None:
        """Sums each tensor over the processes, in place."""
        if self.count > 1:
            flat = self._accelerator.reduce(torch.cat([one.flatten() for one in tensors]), reduction="sum")
            for one, total in zip(tensors, flat.split([one.numel() for one in tensors]), strict=True):
                one.copy_(total.view_as(one))
