"""What the same weights give by transformers alone: its chat template, image processor, positions and `generate`.

Nothing of the engines is used. It answers the requests that a model server gets, so that it can stand behind one.
"""

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from PIL import Image
from transformers import (
    AutoTokenizer,
    LogitsProcessor,
    LogitsProcessorList,
    Qwen2_5_VLForConditionalGeneration,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from tests.standins.openai import Json, sampling_of


class _Bias(LogitsProcessor):
    """OpenAI's `logit_bias` and `presence_penalty`, and vLLM's `min_tokens`."""

    def __init__(self, prompt: int, end: int, sampling: Json) -> None:
        self._prompt, self._end, self._sampling = prompt, end, sampling

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        scores = scores.clone()
        for token, bias in self._sampling.get("logit_bias", {}).items():
            scores[0, int(token)] += bias
        written = input_ids[0, self._prompt :].tolist()
        for token in set(written):
            scores[0, token] -= self._sampling.get("presence_penalty", 0)
        if len(written) < self._sampling.get("min_tokens", 0):
            scores[0, self._end] = -torch.inf
        return scores


class Reference:
    """Remembers its answers, for the same is asked on several ways."""

    def __init__(self, folder: Path, lora: Path | None = None) -> None:
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self._photos = Qwen2VLImageProcessorPil.from_pretrained(folder)
        base: Any = Qwen2_5_VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
        self._config = base.config
        self._model: Any = base if lora is None else PeftModel.from_pretrained(base, str(lora))
        self._model.eval()
        self._end = int(self._tokenizer.eos_token_id)
        self._silences: dict[str, float] = {}
        self._replies: dict[str, list[int]] = {}

    # -- as a model server's brain ----------------------------------------------------------------------------------

    def say(self, body: Json) -> list[tuple[int, str]]:
        tokens = self.reply(*self._read(body), sampling_of(body))
        texts = [self._tokenizer.decode(tokens[:end]).rstrip("\ufffd") for end in range(len(tokens) + 1)]
        return [(token, texts[n + 1][len(texts[n]) :]) for n, token in enumerate(tokens)]  # whole characters, as vLLM

    def end_logprob(self, body: Json) -> float:
        return self.silence(*self._read(body))

    def read_logprobs(self, body: Json) -> list[float]:
        """Log-probabilities of a prompt's ids, from the second on."""
        ids, images = self._read(body)
        with torch.inference_mode():
            logits = self._model(**self._inputs(ids, images), use_cache=False).logits[0, :-1]
        found = logits.double().log_softmax(-1).gather(1, torch.tensor(ids[1:])[:, None])
        return [float(one) for one in found[:, 0]]

    def expand(self, body: Json) -> list[int]:
        return self._read(body)[0]

    # -- answers ----------------------------------------------------------------------------------------------------

    def silence(self, ids: list[int], images: list[Image.Image]) -> float:
        """Log-probability of the end of turn as the next token, before any bias."""
        key = _key(ids, images)
        if key not in self._silences:
            with torch.inference_mode():
                logits = self._model(**self._inputs(ids, images), use_cache=False).logits[0, -1]
            self._silences[key] = float(logits.double().log_softmax(-1)[self._end])
        return self._silences[key]

    def reply(self, ids: list[int], images: list[Image.Image], sampling: Json) -> list[int]:
        """The greedy reply's tokens, without the end of turn."""
        assert sampling["temperature"] == 0, "it is compared word by word"
        assert sampling.get("repetition_penalty", 1) == 1
        heeded = [sampling.get(name) for name in ("max_tokens", "min_tokens", "presence_penalty", "logit_bias")]
        key = _key(ids, images) + json.dumps(heeded, sort_keys=True)
        if key not in self._replies:
            output = self._model.generate(
                **self._inputs(ids, images),
                attention_mask=torch.ones(1, len(ids)),
                do_sample=False,
                max_new_tokens=sampling["max_tokens"],
                logits_processor=LogitsProcessorList([_Bias(len(ids), self._end, sampling)]),
                eos_token_id=self._end,
                pad_token_id=self._end,
                return_dict_in_generate=True,
                output_logits=True,
            )
            self._silences[_key(ids, images)] = float(output.logits[0][0].double().log_softmax(-1)[self._end])
            self._replies[key] = [token for token in output.sequences[0, len(ids) :].tolist() if token != self._end]
        return list(self._replies[key])

    def _inputs(self, ids: list[int], images: list[Image.Image]) -> Json:
        row = torch.tensor([ids])
        photos = self._photos(images=images, return_tensors="pt") if images else {}
        return {"input_ids": row, "mm_token_type_ids": (row == self._config.image_token_id).int(), **photos}

    # -- requests ---------------------------------------------------------------------------------------------------

    def _read(self, body: Json) -> tuple[list[int], list[Image.Image]]:
        """A request's ids, photos' places filled, and its photos."""
        if "prompt" in body:
            return body["prompt"], []
        if "token_ids" in body:
            images = [_image(part["url"]) for part in body["content_parts"]]
            return self._filled(body["token_ids"], images), images
        parts = [part for message in body["messages"] if not isinstance(message["content"], str)
                 for part in message["content"]]  # fmt: skip
        images = [_image(part["image_url"]["url"]) for part in parts if part["type"] == "image_url"]
        text = self._tokenizer.apply_chat_template(body["messages"], tokenize=False, add_generation_prompt=True)
        return self._filled(self._tokenizer(text, add_special_tokens=False)["input_ids"], images), images

    def _filled(self, ids: list[int], images: list[Image.Image]) -> list[int]:
        pad = self._config.image_token_id
        grids = iter(self._photos(images=images, return_tensors="pt")["image_grid_thw"]) if images else iter(())
        return [one for token in ids for one in ([token] * (int(next(grids).prod()) // 4 if token == pad else 1))]


def _key(ids: list[int], images: list[Image.Image]) -> str:
    return f"{ids} {[hashlib.sha256(image.tobytes()).hexdigest() for image in images]}"


def _image(url: str) -> Image.Image:
    image = Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))
    image.load()
    return image
