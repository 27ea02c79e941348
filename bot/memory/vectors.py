"""What was said, as vectors of one encoder in the index: found by its meaning, where it stands out."""

import sqlite3
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.memory.index import Found, Index

_KEPT = np.float16
_BACKGROUND = 20
"""The message that is so many places behind the nearest is background: something is always about as near as that."""
STANDS_OUT = 0.26
"""How far a message must be on the way from the background to saying the very same: chosen in docs/results.md."""


class Encoder(Protocol):
    """Turns texts into vectors of length 1, the nearer in meaning the larger their cosine. Raises EchoesError."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str:
        """Tells two encoders apart."""
        ...

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Texts × numbers."""
        ...

    def close(self) -> None: ...


class Vectors:
    """Those that one encoder made of the messages in an index: each is deleted with its words.

    An index holds those of one encoder at a time. Another process may hand it to another encoder: then there are none.
    """

    def __init__(self, index: Index, fingerprint: str) -> None:
        self._index = index
        self._fingerprint = fingerprint
        self._db: sqlite3.Connection = index.db

    def adopt(self) -> int:
        """Makes this encoder the index's. What another one made is deleted; returns how many there were."""
        if self._own():
            return 0
        with self._index.change() as db:
            deleted = db.execute("DELETE FROM vectors").rowcount
            db.execute("DELETE FROM encoder")
            db.execute("INSERT INTO encoder VALUES (?)", (self._fingerprint,))
        return deleted

    def missing(self, place: str) -> dict[int, int]:
        """Of a place's messages that have none yet, in order: by their refs, where they stand in the index."""
        rows = self._db.execute(
            "SELECT ref, words.id FROM words LEFT JOIN vectors USING (id)"
            " WHERE place = (SELECT id FROM places WHERE key = ?) AND vector IS NULL ORDER BY ref",
            (place,),
        )
        return dict(rows.fetchall())

    def keep(self, place: str, rows: Sequence[tuple[int, int]], vectors: NDArray[np.float32]) -> None:
        """Keeps those of messages of a place: ref, and where it stands. Of what is no longer there nothing is kept."""
        kept = [vector.tobytes() for vector in vectors.astype(_KEPT)]
        with self._index.change() as db:
            db.executemany(
                "INSERT OR REPLACE INTO vectors (id, vector) SELECT id, ? FROM words"
                " WHERE id = ? AND ref = ? AND place = (SELECT id FROM places WHERE key = ?)"
                " AND EXISTS (SELECT 1 FROM encoder WHERE fingerprint = ?)",
                [(vector, row, ref, place, self._fingerprint) for vector, (ref, row) in zip(kept, rows, strict=True)],
            )

    def near(
        self, where: Sequence[tuple[Sequence[str], float]], asked: NDArray[np.float32], least: float = STANDS_OUT
    ) -> list[Found] | None:
        """Returns what was said there and stands out as near to what is asked, the nearest first.

        where: places, each with the time until which is looked. score: how far on the way from the background to the
        same; an encoder's cosines may all be large, so no cosine by itself says what is near. None where some of what
        was said there has no vector yet.
        """
        if not self._own():
            return None
        ids: list[int] = []
        blobs: list[bytes] = []
        for places, before in where:
            for row, blob in self._said(places, before):
                if blob is None:
                    return None
                ids.append(row)
                blobs.append(blob)
        if not ids:
            return []
        said = np.frombuffer(b"".join(blobs), _KEPT).reshape(len(ids), -1).astype(np.float32)
        cosines = said @ asked
        nearest = np.argsort(-cosines)[:_BACKGROUND]
        background = cosines[nearest[-1]]
        scores = (cosines[nearest] - background) / max(1.0 - background, 1e-6)
        found = [
            self._found(ids[row], float(score)) for row, score in zip(nearest, scores, strict=True) if score >= least
        ]
        return sorted(found, key=lambda one: (-one.score, -one.at, -one.ref))

    def _own(self) -> bool:
        return self._db.execute("SELECT fingerprint FROM encoder").fetchall() == [(self._fingerprint,)]

    def _said(self, places: Sequence[str], before: float) -> list[tuple[int, bytes | None]]:
        marks = ",".join("?" for _ in places)
        return self._db.execute(
            "SELECT words.id, vector FROM words LEFT JOIN vectors USING (id)"
            f" WHERE place IN (SELECT id FROM places WHERE key IN ({marks})) AND at < ?",
            (*places, before),
        ).fetchall()

    def _found(self, row: int, score: float) -> Found:
        key, ref, at = self._db.execute(
            "SELECT key, ref, at FROM words JOIN places ON places.id = place WHERE words.id = ?", (row,)
        ).fetchone()
        return Found(key, ref, at, score)
