"""Chats that the model makes up by itself, without pictures: what it says in them is what is to stay as it was."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import torch
from torch import Tensor
from torch.nn import functional
from transformers import DynamicCache

from bot.chat.dialogue import Bubble, Scene, Speaker, Turn
from bot.chat.prompt import Codec
from bot.chat.prompt.render import render
from bot.message import ChatKind
from bot.people import RELATIONSHIPS
from bot.persona import Persona
from training.recipes.eyes.language import AnswerScorer

_AT = datetime(2025, 5, 4, 12, tzinfo=UTC)
_TOGETHER = 8  # ways in which one chat goes on
_LENGTH = 96  # tokens that it goes on for
_NAMES = ("Mira", "Tom", "Sam", "Ana", "Alex", "Jo", "Wren", "Mei", "小雨", "阿杰")
_OPENINGS = (
    "hey, are you there?",
    "what did you do today",
    "Good evening. I hope you are well.",
    "lol did you see that",
    "can you call me later?",
    "happy birthday!!",
    "Dinner on Sunday?",
    "I am not feeling great today",
    "在吗？",
    "今天吃什么",
)


@dataclass(frozen=True)
class Talk:
    """Ways in which one chat goes on (ways × length ids), and the model's last hidden states of them."""

    ids: Tensor
    hidden: Tensor

    def some(self, draw: random.Random) -> "Talk":
        """Two of the ways: enough for a step."""
        ways = draw.sample(range(len(self.ids)), 2)
        return Talk(self.ids[ways], self.hidden[ways])


@torch.no_grad()
def talks(scorer: AnswerScorer, count: int, seed: int) -> list[Talk]:
    """Samples so many chats, of all relationships, private and in groups."""
    draw, generator = random.Random(f"{seed} talks"), torch.Generator().manual_seed(seed)
    return [_talk(scorer, _begun(scorer, draw), generator) for _ in range(count)]


def strayed(scorer: AnswerScorer, talk: Talk) -> Tensor:
    """How far the model has gone from what it was in a chat: nats a token, KL(as it was ‖ as it is)."""
    hidden = _read(scorer, talk.ids, DynamicCache(config=scorer.loaded.model.model.language_model.config))
    now = functional.linear(hidden, scorer.output).float().log_softmax(-1)
    was = functional.linear(talk.hidden, scorer.output).float().log_softmax(-1)
    return functional.kl_div(now.flatten(0, 1), was.flatten(0, 1), reduction="batchmean", log_target=True)


def _begun(scorer: AnswerScorer, draw: random.Random) -> Sequence[int]:
    name, other = draw.sample(_NAMES, 2)
    kind = draw.choice((ChatKind.PRIVATE, ChatKind.GROUP))
    partner = Speaker(other, draw.choice(tuple(RELATIONSHIPS)))
    opening = Turn(partner, (Bubble(draw.choice(_OPENINGS)),), _AT)
    codec = Codec(scorer.loaded.tokenizer, scorer.loaded.geometry, lambda digest: (0, 0))
    scene = Scene(Persona(name, language=draw.choice(("en", "en", "zh"))), kind, partner, times=False)
    return render(scene, [opening], codec, open_turn=True).ids


def _talk(scorer: AnswerScorer, begun: Sequence[int], generator: torch.Generator) -> Talk:
    cache = DynamicCache(config=scorer.loaded.model.model.language_model.config)
    ids = torch.tensor([begun] * _TOGETHER)
    found = [_read(scorer, ids, cache)]
    for _ in range(_LENGTH):
        likely = functional.linear(found[-1][:, -1], scorer.output).float().softmax(-1)
        said = torch.multinomial(likely, 1, generator=generator)
        ids = torch.cat([ids, said], dim=1)
        found.append(_read(scorer, said, cache))
    return Talk(ids, torch.cat(found, dim=1))


def _read(scorer: AnswerScorer, ids: Tensor, cache: DynamicCache) -> Tensor:
    first = cache.get_seq_length()
    hidden = scorer.loaded.model.model.language_model(
        inputs_embeds=functional.embedding(ids, scorer.table),
        position_ids=torch.arange(first, first + ids.shape[1]).expand(3, len(ids), -1),
        past_key_values=cache,
        use_cache=True,
    ).last_hidden_state
    assert isinstance(hidden, Tensor)
    return hidden
