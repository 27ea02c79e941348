"""Replies to many prompts at once, chosen token by token just as when the avatar runs."""

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import torch

from bot.chat.prompt import Codec, Prompt
from bot.engine.batch.groups import prefix_groups
from bot.engine.batch.head import OutputHead
from bot.engine.batch.prefix import BatchDecoder, PrefixCache, TokenSequence
from bot.engine.choice import Chooser
from bot.engine.text import PATIENCE, TextStream
from bot.engine.unseen import TRIES, seed_of
from bot.letters import visible
from bot.sampling import Sampling


@dataclass(slots=True)
class _Reply:
    """One reply in the making. following: the id that is read next."""

    index: int
    sequence: TokenSequence
    following: int
    generator: torch.Generator
    stream: TextStream
    ids: list[int] = field(default_factory=list)
    text: str = ""

    @property
    def seen(self) -> bool:
        return visible(self.text)


@dataclass(frozen=True)
class ReplyWriter:
    """Writes `rows` replies at a time. nbytes: of key-value states, beyond which no further prompt is begun."""

    decoder: BatchDecoder
    head: OutputHead
    codec: Codec
    chooser: Chooser
    rows: int
    nbytes: int

    def write(
        self, prompts: Sequence[Prompt], seeds: Sequence[int], sampling: Sampling
    ) -> Generator[dict[int, str], None, None]:
        """Yields replies by the index of their prompt, as they are finished; a step that finishes none yields nothing.

        A reply of which nothing can be seen is tried again with other seeds, and at last comes empty.
        """
        refused: list[int] = []
        yield from self._write(prompts, seeds, range(len(prompts)), sampling, refused)
        for attempt in range(1, TRIES):
            again, refused = sorted(refused), []
            others = [seed_of(seed, attempt) for seed in seeds]
            yield from self._write(prompts, others, again, sampling, refused)
        if refused:
            yield dict.fromkeys(refused, "")

    def _write(
        self,
        prompts: Sequence[Prompt],
        seeds: Sequence[int],
        indices: Sequence[int],
        sampling: Sampling,
        refused: list[int],
    ) -> Generator[dict[int, str], None, None]:
        chosen = [prompts[index] for index in indices]
        unread = deque(prefix_groups(chosen))
        latest: PrefixCache | None = None
        waiting: deque[_Reply] = deque()
        active: list[_Reply] = []
        while unread or waiting or active:
            while len(active) < self.rows and (waiting or (unread and self._room(active))):
                if not waiting:
                    group = unread.popleft()
                    members = [indices[member] for member in group.members]
                    latest = self.decoder.prefix(group.longest, len(group.longest.ids) - 1, latest)
                    waiting += self._replies(latest, group.longest, prompts, seeds, members)
                    yield {}
                active.append(waiting.popleft())
            logits = self._step(active)
            going: list[_Reply] = []
            finished: dict[int, str] = {}
            for reply, scores in zip(active, logits, strict=True):
                if self._goes_on(reply, scores, sampling):
                    going.append(reply)
                elif reply.seen:
                    finished[reply.index] = reply.text
                else:
                    refused.append(reply.index)
            active = going
            yield finished

    def _room(self, active: Sequence[_Reply]) -> bool:
        prefixes = {id(reply.sequence.prefix): reply.sequence.prefix for reply in active}
        return sum(prefix.nbytes for prefix in prefixes.values()) < self.nbytes

    def _replies(
        self,
        prefix: PrefixCache,
        longest: Prompt,
        prompts: Sequence[Prompt],
        seeds: Sequence[int],
        members: Sequence[int],
    ) -> list[_Reply]:
        """Of a group whose longest prompt was read but for its end: each begins with its own prompt's last id."""
        places = self.decoder.places(longest)
        replies = []
        for index in members:
            last = len(prompts[index].ids) - 1
            generator = torch.Generator().manual_seed(seeds[index])
            sequence = TokenSequence(prefix, last, places[last])
            replies.append(_Reply(index, sequence, longest.ids[last], generator, TextStream(self.codec)))
        return replies

    def _step(self, replies: Sequence[_Reply]) -> torch.Tensor:
        hidden = self.decoder.append([(reply.sequence, [reply.following]) for reply in replies])
        return self.head.logits(torch.cat(hidden)).cpu()

    def _goes_on(self, reply: _Reply, logits: torch.Tensor, sampling: Sampling) -> bool:
        """Chooses a reply's next token; whether it goes on after that."""
        token = self.chooser.choose(logits, sampling, reply.ids, reply.seen, reply.generator)
        if token == self.codec.end_of_turn:
            return False
        reply.ids.append(token)
        reply.text += reply.stream.add(token)
        reply.following = token
        return len(reply.ids) < (sampling.max_tokens if reply.seen else sampling.max_tokens + PATIENCE)
