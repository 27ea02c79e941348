"""The three ways of a prompt to a model server, and what comes back on each.

Without photos it travels as token ids, so that what a contact typed stays text. With photos it does too, where the
server is a vLLM that was started with `--enable-scale-out`. Elsewhere a prompt with photos travels as a chat that
the server renders: there the names of control tokens are broken by an invisible character, and the ids may differ
from those of training (see docs/remote.md).
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.chat.prompt import Codec, PhotoSpan, Prompt
from bot.engine.server import Json
from bot.media import MediaStore

_TOP = 20  # log-probabilities asked for; what a server allows by default


@dataclass(frozen=True, slots=True)
class Written:
    """A piece of a reply. Not every server tells its tokens."""

    tokens: tuple[int, ...]
    text: str


class Route(Protocol):
    """`options` are sampling parameters by their OpenAI and vLLM names. Requests with photos take a while to make."""

    @property
    def path(self) -> str: ...

    def request(self, prompt: Prompt, options: Json) -> Json: ...

    def decision(self, prompt: Prompt, options: Json) -> Json:
        """Returns the request whose answer `end_log_probability` reads."""

    def end_log_probability(self, choice: Json) -> float:
        """Returns the log-probability of the end of turn as the first token, from the answer to `decision`."""

    def written(self, choice: Json) -> Written: ...


@dataclass(frozen=True, slots=True)
class TokenRoute:
    """OpenAI's completions: token ids, no photos."""

    codec: Codec
    path: str = "/completions"

    def request(self, prompt: Prompt, options: Json) -> Json:
        return {"prompt": list(prompt.ids), "return_token_ids": True, **options}

    def decision(self, prompt: Prompt, options: Json) -> Json:
        return self.request(prompt, options) | {"logprobs": _TOP, "return_tokens_as_token_ids": True}

    def end_log_probability(self, choice: Json) -> float:
        return _end_among(choice["logprobs"]["top_logprobs"][0], self.codec.end_of_turn)

    def written(self, choice: Json) -> Written:
        return _written(choice, choice["text"])


@dataclass(frozen=True, slots=True)
class PhotoRoute:
    """vLLM's `generate`: token ids, one for each photo, which the server expands, and the photos beside them."""

    codec: Codec
    media: MediaStore
    path: str = "/inference/v1/generate"

    def request(self, prompt: Prompt, options: Json) -> Json:
        inside = {place for span in prompt.photos for place in range(span.start + 1, span.end)}
        return {
            "token_ids": [token for place, token in enumerate(prompt.ids) if place not in inside],
            "content_parts": [
                {"type": "image_url", "url": _data_url(span, self.codec, self.media)} for span in prompt.photos
            ],
            "return_token_ids": True,
            "output_mode": "text",
            "sampling_params": options,
        }

    def decision(self, prompt: Prompt, options: Json) -> Json:
        return self.request(prompt, options | {"logprobs": 1})

    def end_log_probability(self, choice: Json) -> float:
        return float(choice["logprobs"]["content"][0]["logprob"])

    def written(self, choice: Json) -> Written:
        return _written(choice, choice["text"])


@dataclass(frozen=True, slots=True)
class ChatRoute:
    """OpenAI's chat completions: the turns as text and photos. The open turn is left to the server's template."""

    codec: Codec
    media: MediaStore
    path: str = "/chat/completions"

    def request(self, prompt: Prompt, options: Json) -> Json:
        return {"messages": self._messages(prompt), "add_generation_prompt": True, **options}

    def decision(self, prompt: Prompt, options: Json) -> Json:
        asked = {"logprobs": True, "top_logprobs": _TOP, "return_tokens_as_token_ids": True}
        return self.request(prompt, options) | asked

    def end_log_probability(self, choice: Json) -> float:
        top = choice["logprobs"]["content"][0]["top_logprobs"]
        return _end_among({one["token"]: one["logprob"] for one in top}, self.codec.end_of_turn)

    def written(self, choice: Json) -> Written:
        return Written((), choice["delta"].get("content") or "")

    def _messages(self, prompt: Prompt) -> list[Json]:
        begin, newline = self.codec.control["<|im_start|>"], self.codec.encode("\n")
        starts = [place for place, token in enumerate(prompt.ids) if token == begin]
        messages: list[Json] = []
        for start in starts[:-1]:  # the last is open
            end = prompt.ids.index(self.codec.end_of_turn, start)
            head = start + 1
            while prompt.ids[head : head + len(newline)] != tuple(newline):
                head += 1
            role = self.codec.decode(list(prompt.ids[start + 1 : head]))
            messages.append({"role": role, "content": self._content(prompt, head + len(newline), end)})
        return messages

    def _content(self, prompt: Prompt, start: int, end: int) -> list[Json] | str:
        photos = [span for span in prompt.photos if start <= span.start < end]
        if not photos:
            return self._harmless(prompt.ids[start:end])
        content: list[Json] = []
        for span in photos:  # each between its start and end marks
            content += self._text(prompt.ids[start : span.start - 1])
            url = _data_url(span, self.codec, self.media)
            content.append({"type": "image_url", "image_url": {"url": url}})
            start = span.end + 1
        return content + self._text(prompt.ids[start:end])

    def _text(self, ids: Sequence[int]) -> list[Json]:
        return [{"type": "text", "text": self._harmless(ids)}] if ids else []

    def _harmless(self, ids: Sequence[int]) -> str:
        """Text in which no control token's name can be read: an invisible character stands after its first letter."""
        text = self.codec.decode(list(ids))
        return self.codec.added.sub(lambda match: f"{match[0][0]}\u200b{match[0][1:]}", text)


def _data_url(span: PhotoSpan, codec: Codec, media: MediaStore) -> str:
    """The photo at the very size the prompt counts on, so that the server cuts the same patches."""
    png = media.resized(span.digest, *codec.geometry.size(span.grid))
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _written(choice: Mapping[str, Any], text: str) -> Written:
    return Written(tuple(choice.get("token_ids") or ()), text)


def _end_among(listed: Mapping[str, float], end: int) -> float:
    """The end of turn's among the listed log-probabilities; where it is not listed, the smallest of them."""
    for name in (f"token_id:{end}", "<|im_end|>"):
        if name in listed:
            return listed[name]
    return min(listed.values(), default=0.0)
