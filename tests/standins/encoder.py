"""An encoder that knows of a few words that they mean the same; texts with the same words are near to each other."""

import threading
from collections.abc import Mapping, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bot.memory.terms import terms

SAME = {"test": "exam", "pastri": "bakery", "terribl": "badly", "nan": "gran", "夜曲": "钢琴"}
_NUMBERS = 512


class Concepts:
    """fails: what is raised from now on. held: nobody is answered until it is set. asked: the texts, in order."""

    def __init__(self, fingerprint: str = "concepts", same: Mapping[str, str] = SAME) -> None:
        self.name = self.fingerprint = fingerprint
        self.asked: list[str] = []
        self.threads: set[str] = set()
        self.fails: Exception | None = None
        self.held = threading.Event()
        self.held.set()
        self._same = {terms(word)[0]: terms(other)[0] for word, other in same.items()}

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.threads.add(threading.current_thread().name)
        self.held.wait(20)
        self.asked += texts
        if self.fails is not None:
            raise self.fails
        found = np.full((len(texts), _NUMBERS), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for term in terms(text):
                found[row, crc32(self._same.get(term, term).encode()) % _NUMBERS] += 1
        whole: NDArray[np.float32] = found / np.linalg.norm(found, axis=1, keepdims=True)
        return whole

    def close(self) -> None:
        """Nothing is open."""
