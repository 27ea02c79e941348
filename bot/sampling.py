"""How a reply's tokens are chosen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sampling:
    """temperature 0 is greedy. max_tokens bounds one reply."""

    temperature: float = 0.8
    top_p: float = 0.95
    presence_penalty: float = 0.2  # taken from the logit of every token the reply already holds
    max_tokens: int = 200
    seed: int | None = None
