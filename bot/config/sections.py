"""What can be configured: one frozen model a section, and with each value its meaning and its bounds.

Reading (`bot.config.reader`) and the example file (`bot.config.example`) are both made from these. The two large
sections have files of their own: `bot.config.model` and `bot.config.conversation`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, InstanceOf

from bot.config.conversation import ConversationConfig
from bot.config.model import ModelConfig, SamplingConfig
from bot.errors import EchoesError
from bot.platform import PlatformSection
from bot.validation import EMPTY, Section, Text, wrong


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
    journal_days: float = Field(
        default=90,
        ge=1,
        le=36500,
        description="messages the avatar received or sent, and their photos, are deleted after this long",
    )
    photos_mb: float = Field(
        default=2000,
        ge=1,
        le=10_000_000,
        description="of photos that were received so many megabytes are kept; the oldest go first, and of their "
        "messages the words stay",
    )


class MemoryConfig(Section):
    encoder: Text = Field(
        description="the folder of an embedding model that transformers opens without code of its own, such as "
        "all-MiniLM-L6-v2, which knows English; train again after a change",
        examples=["CHANGE-ME"],
    )


class HearingConfig(Section):
    model: Text = Field(
        default="small",
        description="the folder of a Whisper model converted for CTranslate2, or the name of one (tiny, base, small, "
        "medium, large-v3, or a hub id), which `echoes transcribe --fetch` fetches once; nothing else ever does",
    )
    language: Text = Field(
        default="auto",
        pattern=r"^(auto|[a-z]{2,3})$",
        description="auto, or the language that is spoken, such as zh: told apart less well by small models",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(default="cpu", description="what the model runs on")
    longest_seconds: float = Field(
        default=300, ge=1, le=3600, description="what plays longer than this is not written down"
    )
    wait_seconds: float = Field(
        default=60,
        ge=1,
        le=3600,
        description="how long writing down a message may take while the avatar runs; then it is answered unheard",
    )


class SpeakingConfig(Section):
    voice: Text = Field(description="what the voice is called; the consent names it, too", examples=["CHANGE-ME"])
    command: tuple[Text, ...] = Field(
        min_length=1,
        description="the program that speaks, as a list: it gets the text on standard input and writes a WAV file to "
        "standard output; {language} in it becomes en or zh",
        examples=[["espeak-ng", "--stdout", "-v", "{language}"]],
    )
    longest_characters: int = Field(default=300, ge=1, le=2000, description="what is longer is sent as text")
    wait_seconds: float = Field(
        default=30, ge=1, le=600, description="how long speaking one message may take; then it is sent as text"
    )


class HealthConfig(Section):
    host: Text = Field(default="127.0.0.1", description="the address it listens on; 127.0.0.1 is this machine alone")
    port: int = Field(default=8643, ge=0, le=65535, description="the port it listens on; 0 takes a free one")


class Config(Section):
    model: ModelConfig = Field(default=ModelConfig(), description="The model that speaks.")
    sampling: SamplingConfig = Field(default=SamplingConfig(), description="How words are chosen.")
    conversation: ConversationConfig = Field(
        default=ConversationConfig(), description="How it talks, with whom, and where."
    )
    platforms: Annotated[InstanceOf[PlatformsConfig], BeforeValidator(_names)] = Field(
        default=PlatformsConfig(), description="Where it can be reached: a platform is on if its section is here."
    )
    retention: RetentionConfig = Field(default=RetentionConfig(), description="How long what was said is kept.")
    memory: MemoryConfig | None = Field(
        default=None,
        description="What was said before is found by its meaning, too, and not by its words alone; off if left out.",
    )
    hearing: HearingConfig | None = Field(
        default=None,
        description="What is said in voice messages and videos is written down on this machine; off if left out. "
        "Before it, run `pip install 'echoes-avatar[hearing]'`.",
    )
    speaking: SpeakingConfig | None = Field(
        default=None,
        description="The avatar may answer with voice messages, at most as often as the person did, in a synthetic "
        "voice and marked as such; off if left out. It needs `pip install 'echoes-avatar[media]'`, and a consent that "
        "names the voice.",
    )
    health: HealthConfig | None = Field(
        default=None, description="/healthz and Prometheus /metrics on their own port; off if left out."
    )
