"""What can be configured: one frozen model a section, and with each value its meaning and its bounds.

Reading (`bot.config.reader`) and the example file (`bot.config.example`) are both made from these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, InstanceOf, Tag, model_validator

from bot.engine.base import Sampling
from bot.errors import EchoesError
from bot.platform import PlatformSection
from bot.validation import EMPTY, Section, Text, wrong


class ServerConfig(Section):
    url: Annotated[
        Text,
        Field(
            description="its address, up to and with /v1",
            pattern=r"^https?://\S+$",
            examples=["http://127.0.0.1:8000/v1"],
        ),
    ]
    model: Annotated[Text, Field(description="the name under which it serves the LoRA", examples=["CHANGE-ME"])]


class ModelConfig(Section):
    base: Annotated[
        Text,
        Field(
            description="embedded (small, runs anywhere), a hub id such as Qwen/Qwen3-VL-8B-Instruct, "
            "or a model's folder"
        ),
    ] = "embedded"
    device: Annotated[
        Text,
        Field(
            description="auto, cpu, cuda, cuda:1, mps, …; auto takes a GPU where there is one",
            pattern=r"^(auto|[a-z]+(:\d+)?)$",
        ),
    ] = "auto"
    dtype: Annotated[
        Literal["auto", "float32", "bfloat16", "float16"],
        Field(description="auto, float32, bfloat16 or float16"),
    ] = "auto"
    four_bit: Annotated[
        bool, Field(description="load the base model in 4 bits (needs a GPU and `pip install bitsandbytes`)")
    ] = False
    lora: Annotated[
        Text,
        Field(
            description="latest (the last one trained), the name of one in loras/, or none (the base model as it is)"
        ),
    ] = "latest"
    context_tokens: Annotated[
        int,
        Field(description="how much of a conversation is read: prompt and reply together", ge=256, le=262144),
    ] = 2048
    cache_mb: Annotated[
        int,
        Field(
            description="memory for the chats' key-value caches, in megabytes; the longest unused goes first",
            ge=0,
            le=1_000_000,
        ),
    ] = 1024
    server: Annotated[
        ServerConfig | None,
        Field(
            description="an OpenAI-compatible server, such as vLLM, instead of this process; "
            "base still names the model it serves"
        ),
    ] = None

    @model_validator(mode="after")
    def _four_bits_where_they_can_be(self) -> "ModelConfig":
        if self.four_bit and self.server is not None:
            raise wrong("cannot be on here: the server decides how it loads the model.", "four_bit")
        if self.four_bit and self.device == "cpu":
            raise wrong("cannot be on here: it needs a GPU.", "four_bit")
        return self


class SamplingConfig(Section):
    temperature: Annotated[
        float, Field(description="how freely words are chosen; 0 takes the likeliest", ge=0, le=2)
    ] = 0.8
    top_p: Annotated[
        float, Field(description="choose among the likeliest words that make up this share", ge=0.01, le=1)
    ] = 0.95
    presence_penalty: Annotated[float, Field(description="above 0: says the same less often", ge=-2, le=2)] = 0.2
    max_tokens: Annotated[
        int,
        Field(description="the longest reply, in tokens (about three quarters of a word each)", ge=1, le=4096),
    ] = 200

    def sampling(self) -> Sampling:
        """What the engine is given with each reply."""
        return Sampling(self.temperature, self.top_p, self.presence_penalty, self.max_tokens)


def _word_or_list(value: Any) -> str:
    return "list" if isinstance(value, list | tuple) else "word"


class ConversationConfig(Section):
    gap_minutes: Annotated[
        float,
        Field(description="a longer silence ends a conversation, in training and when talking", ge=1, le=10080),
    ] = 60
    carried_turns: Annotated[
        int, Field(description="turns of the conversation before that are still read", ge=0, le=200)
    ] = 8
    gather_seconds: Annotated[
        float, Field(description="how long nothing more must come before an answer is begun", ge=0, le=600)
    ] = 3.0
    gather_max_seconds: Annotated[
        float, Field(description="answer after this long even if more keeps coming", ge=0, le=3600)
    ] = 15.0
    characters_per_second: Annotated[
        float, Field(description="the pace of typing; 0 sends without pauses", ge=0, le=1000)
    ] = 8.0
    max_pause_seconds: Annotated[
        float, Field(description="the longest pause between two messages of a reply", ge=0, le=120)
    ] = 10.0
    stale_hours: Annotated[
        float,
        Field(
            description="after a restart: older messages in groups are left alone, "
            "older private ones answered with a late note",
            ge=0.01,
            le=720,
        ),
    ] = 3.0
    answer: Annotated[
        Annotated[Literal["contacts", "everyone"], Tag("word")] | Annotated[tuple[Text, ...], Tag("list")],
        Discriminator(_word_or_list),
        Field(description="who is answered: contacts (those in people.yaml), everyone, or a list such as [mei, tom]"),
    ] = "contacts"
    groups: Annotated[
        Annotated[Literal["all", "none"], Tag("word")]
        | Annotated[tuple[Annotated[Text, Field(pattern=r"^[a-z0-9_-]+:.+$")], ...], Tag("list")],
        Discriminator(_word_or_list),
        Field(description="in which groups it takes part: all, none, or a list such as ['telegram:-1001234567890']"),
    ] = "all"
    answer_bots: Annotated[bool, Field(description="whether other bots are answered; two bots may never stop")] = False

    @model_validator(mode="after")
    def _gathers_for_some_time(self) -> "ConversationConfig":
        if self.gather_max_seconds < self.gather_seconds:
            sentence = "gather_max_seconds must not be less than gather_seconds."
            raise wrong(sentence, "gather_max_seconds", "gather_seconds")
        return self


@dataclass(frozen=True, slots=True)
class PlatformsConfig:
    """The platforms that are on, in the file's order, and what the file says of each.

    sections: each is the model of its platform, or a bare one where the platforms were not given to the reader.
    broken: why the package of one that is on cannot be used.
    """

    on: tuple[str, ...] = ()
    sections: Mapping[str, PlatformSection] = field(default_factory=dict)
    broken: Mapping[str, EchoesError] = field(default_factory=dict, compare=False)

    @property
    def hidden(self) -> tuple[str, ...]:
        """What of it no log may show: how a proxy is signed in to."""
        return tuple(text for section in self.sections.values() for text in section.hidden())


def _names(value: Any) -> Any:
    """Which platforms are on. What is said of each is read by `bot.config.reader`, which knows them."""
    if value is EMPTY:
        return PlatformsConfig()
    if isinstance(value, dict):
        return PlatformsConfig(tuple(value), {name: PlatformSection() for name in value})
    if isinstance(value, PlatformsConfig):
        return value
    raise wrong("must be a section: `platforms:` with the name of each platform that is on indented below.")


class RetentionConfig(Section):
    journal_days: Annotated[
        float,
        Field(
            description="messages the avatar received or sent, and their photos, are deleted after this long",
            ge=1,
            le=36500,
        ),
    ] = 90


class HealthConfig(Section):
    host: Annotated[Text, Field(description="the address it listens on; 127.0.0.1 is this machine alone")] = "127.0.0.1"
    port: Annotated[int, Field(description="the port it listens on; 0 takes a free one", ge=0, le=65535)] = 8643


class Config(Section):
    model: Annotated[ModelConfig, Field(description="The model that speaks.")] = ModelConfig()
    sampling: Annotated[SamplingConfig, Field(description="How words are chosen.")] = SamplingConfig()
    conversation: Annotated[ConversationConfig, Field(description="How it talks, with whom, and where.")] = (
        ConversationConfig()
    )
    platforms: Annotated[
        InstanceOf[PlatformsConfig],
        BeforeValidator(_names),
        Field(description="Where it can be reached: a platform is on if its section is here."),
    ] = PlatformsConfig()
    retention: Annotated[RetentionConfig, Field(description="How long what was said is kept.")] = RetentionConfig()
    health: Annotated[
        HealthConfig | None,
        Field(description="/healthz and Prometheus /metrics on their own port; off if left out."),
    ] = None
