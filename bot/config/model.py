"""What can be configured of the model that speaks, and of how it chooses its words."""

from typing import Literal

from pydantic import Field, model_validator

from bot.sampling import Sampling
from bot.validation import Section, Text, wrong


class ServerConfig(Section):
    url: Text = Field(
        description="its address, up to and with /v1", pattern=r"^https?://\S+$", examples=["http://127.0.0.1:8000/v1"]
    )
    model: Text = Field(description="the name under which it serves the LoRA", examples=["CHANGE-ME"])


class ModelConfig(Section):
    base: Text = Field(
        default="embedded",
        description="embedded (small, runs anywhere: the one for the persona's language, or name embedded-en or "
        "embedded-zh), a hub id such as Qwen/Qwen3-VL-8B-Instruct, a model's folder, or the .gguf file of a Qwen2.5-VL "
        "or Qwen3-VL with its mmproj beside it",
    )
    engine: Literal["auto", "torch", "llama", "server"] = Field(
        default="auto",
        description="what runs it: torch, llama (llama.cpp: faster without a GPU), server (the one named below), or "
        "auto, which takes llama where there is no GPU and it is installed",
    )
    quantize: Literal["f16", "q8_0", "q4_k_m"] = Field(
        default="f16",
        description="the precision in llama.cpp: f16 (as exact as torch), q8_0 or q4_k_m (smaller, faster); "
        "calibrate anew after a change",
    )
    device: Text = Field(
        default="auto",
        description="auto, cpu, cuda, cuda:1, mps, …; auto takes a GPU where there is one",
        pattern=r"^(auto|[a-z]+(:\d+)?)$",
    )
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto", description="auto, float32, bfloat16 or float16"
    )
    four_bit: bool = Field(
        default=False, description="load the base model in 4 bits (needs a GPU and `pip install bitsandbytes`)"
    )
    lora: Text = Field(
        default="latest",
        description="latest (the last one trained), the name of one in loras/, or none (the base model as it is)",
    )
    context_tokens: int = Field(
        default=2048, ge=256, le=262144, description="how much of a conversation is read: prompt and reply together"
    )
    cache_mb: int = Field(
        default=1024,
        ge=0,
        le=1_000_000,
        description="memory for the chats' key-value caches, in megabytes; the longest unused goes first",
    )
    server: ServerConfig | None = Field(
        default=None,
        description="an OpenAI-compatible server, such as vLLM, instead of this process; "
        "base still names the model it serves",
    )

    @model_validator(mode="after")
    def _an_engine_that_fits(self) -> "ModelConfig":
        if self.engine == "server" and self.server is None:
            raise wrong("is server, and none is named: add model.server.", "engine")
        if self.engine in ("torch", "llama") and self.server is not None:
            raise wrong(f"is {self.engine}, and model.server names a server: take one of the two away.", "engine")
        if self.engine == "llama" and self.device not in ("auto", "cpu"):
            raise wrong("is llama, which runs on the processor here: take engine: torch for a GPU.", "engine")
        return self

    @model_validator(mode="after")
    def _four_bits_where_they_can_be(self) -> "ModelConfig":
        if self.four_bit and self.server is not None:
            raise wrong("cannot be on here: the server decides how it loads the model.", "four_bit")
        if self.four_bit and self.engine == "llama":
            raise wrong("cannot be on here: llama.cpp's four bits are `quantize: q4_k_m`.", "four_bit")
        if self.four_bit and self.device == "cpu":
            raise wrong("cannot be on here: it needs a GPU.", "four_bit")
        return self


class SamplingConfig(Section):
    temperature: float | None = Field(
        default=None,
        ge=0,
        le=2,
        description="how freely words are chosen; 0 takes the likeliest; left out: as training fitted it, else 0.8",
        examples=[0.8],
    )
    top_p: float = Field(
        default=0.95, ge=0.01, le=1, description="choose among the likeliest words that make up this share"
    )
    min_p: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="choose no word with less than this share of the likeliest one's chance; left out: as training "
        "had it, else 0.05",
        examples=[0.05],
    )
    presence_penalty: float | None = Field(
        default=None,
        ge=-2,
        le=2,
        description="above 0: says the same less often; left out: as training fitted it, else 0.2",
        examples=[0.2],
    )
    max_tokens: int = Field(
        default=200, ge=1, le=4096, description="the longest reply, in tokens (about three quarters of a word each)"
    )

    def over(self, fitted: Sampling) -> Sampling:
        """What the engine is given with each reply: what is set here goes before what was fitted."""
        temperature = fitted.temperature if self.temperature is None else self.temperature
        penalty = fitted.presence_penalty if self.presence_penalty is None else self.presence_penalty
        least = fitted.min_p if self.min_p is None else self.min_p
        return Sampling(temperature, self.top_p, penalty, self.max_tokens, min_p=least)
