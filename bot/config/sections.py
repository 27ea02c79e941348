"""What can be configured: one frozen model a section, and with each value its meaning and its bounds.

Reading (`bot.config.reader`) and the example file (`bot.config.example`) are both made from these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Discriminator, Field, InstanceOf, Tag, model_validator

from bot.errors import EchoesError
from bot.platform import PlatformSection
from bot.sampling import Sampling
from bot.validation import EMPTY, Section, Text, if_empty, wrong


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
        return Sampling(temperature, self.top_p, penalty, self.max_tokens)


W = TypeVar("W")
T = TypeVar("T")
WordOrList = Annotated[
    Annotated[W, Tag("word")] | Annotated[tuple[T, ...], Tag("list")],
    Discriminator(lambda value: "list" if isinstance(value, list | tuple) else "word"),
]
"""One of a few words, or a list of texts."""
OTHERS = "others"
"""In a mapping by group: every group that is not named."""
_KEY = r"[a-z0-9_-]+:.+"
GroupKey = Annotated[Text, Field(pattern=rf"^{_KEY}$")]
GroupName = Annotated[Text, Field(pattern=rf"^({_KEY}|{OTHERS})$")]
Part = Literal["off", "decided", "addressed"]
"""What part the avatar takes in a group: none, deciding on each message, or answering only what is addressed to it."""
PerHour = Annotated[int, Field(ge=1, le=3600)]


def _form(value: Any) -> str:
    return "list" if isinstance(value, list | tuple) else "each" if isinstance(value, Mapping) else "word"


Groups = Annotated[
    Annotated[Literal["all", "none", "addressed"], Tag("word")]
    | Annotated[tuple[GroupKey, ...], Tag("list")]
    | Annotated[Mapping[GroupName, Part], Tag("each")],
    Discriminator(_form),
]
Budget = Annotated[
    Annotated[PerHour, Tag("number")] | Annotated[Mapping[GroupName, PerHour], Tag("each")],
    Discriminator(lambda value: "each" if isinstance(value, Mapping) else "number"),
]


class SpeakFirstConfig(Section):
    most_a_week: int = Field(
        default=2,
        ge=1,
        le=14,
        description="how often a contact is written to in a week at most, where the person did so oftener",
    )
    from_hour: int = Field(default=8, ge=0, le=23, description="not before this hour, where the person lived")
    until_hour: int = Field(default=22, ge=1, le=24, description="nor from this hour on")
    wait_days: float = Field(
        default=5,
        ge=1,
        le=365,
        description="after one without an answer it waits so long; after two, until the contact writes",
    )

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> "SpeakFirstConfig":
        if self.until_hour <= self.from_hour:
            raise wrong("until_hour must be later than from_hour.", "until_hour", "from_hour")
        return self


class ConversationConfig(Section):
    gap_minutes: float = Field(
        default=60, ge=1, le=10080, description="a longer silence ends a conversation, in training and when talking"
    )
    carried_turns: int = Field(
        default=8, ge=0, le=200, description="turns of the conversation before that are still read"
    )
    remember: bool = Field(
        default=True,
        description="whether what was said with this contact before is looked up for each message; an avatar that was "
        "trained without it never does",
    )
    gather_seconds: float = Field(
        default=3.0,
        ge=0,
        le=600,
        description="how long nothing more must come before an answer is begun; longer for a contact who writes in "
        "bursts, down to a third for one who does not, and twice as long after a picture without words",
    )
    gather_max_seconds: float = Field(
        default=15.0, ge=0, le=3600, description="answer after this long even if more keeps coming, or is being typed"
    )
    characters_per_second: float = Field(
        default=8.0, ge=0, le=1000, description="the pace of typing; 0 sends without pauses"
    )
    max_pause_seconds: float = Field(
        default=10.0, ge=0, le=120, description="the longest pause between two messages of a reply"
    )
    pace: Literal["typing", "person"] = Field(
        default="typing",
        description="typing (an answer begins at once and comes as fast as it is typed) or person (it is delayed as "
        "the person's were, by contact and hour of the day, and its messages come with their pauses)",
    )
    longest_delay_seconds: float = Field(
        default=300.0, ge=0, le=86400, description="with pace: person: the longest delay before an answer begins"
    )
    reactions: bool = Field(
        default=True,
        description="whether it puts an emoji on a message in private, as the person did; who never did, it never does",
    )
    quiet_hours: Annotated[str, if_empty("")] = Field(
        default="",
        pattern=r"^(?:(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d)?$",
        description="hours of the day in which nothing is sent, by the persona's time zone, such as '23:00-07:30'; "
        "what came is answered when they end",
    )
    stale_hours: float = Field(
        default=3.0,
        ge=0.01,
        le=720,
        description="after an outage: older messages in groups are left alone; of older private ones see after_outage",
    )
    after_outage: Literal["answer", "leave"] = Field(
        default="answer",
        description="private messages older than stale_hours: answer (with a note that it comes late) or leave; "
        "quiet hours are no outage",
    )
    answer: WordOrList[Literal["contacts", "everyone"], Text] = Field(
        default="contacts",
        description="who is answered: contacts (those in people.yaml), everyone, or a list such as [mei, tom]",
    )
    groups: Groups = Field(
        default="all",
        description="in which groups it takes part: all, none, addressed (in all, answering only what is addressed to "
        "it), a list such as ['telegram:-1001234567890'], or each by itself: off, decided (message by message, as the "
        "person would) or addressed, such as {'telegram:-1001234567890': addressed, others: off}",
    )
    replies_per_hour: Budget | None = Field(
        default=None,
        description="how many replies an hour a group gets at most, no limit if left out: one number for each group, "
        "or by group such as {'telegram:-1001234567890': 6, others: 20}; the last third is kept for what is addressed "
        "to the avatar",
        examples=[20],
    )
    answer_bots: bool = Field(
        default=False,
        description="whether other bots are answered; five times an hour where no person writes in between, for two "
        "bots would never stop",
    )
    speak_first: SpeakFirstConfig | None = Field(
        default=None,
        description="the avatar may write by itself, as the person did, to those whom `echoes people speak-first` "
        "names; nobody if left out",
    )

    @model_validator(mode="after")
    def _speaks_at_some_hour(self) -> "ConversationConfig":
        begin, _, end = self.quiet_hours.partition("-")
        if begin and begin == end:
            raise wrong("would never end: give two different times, or leave it empty.", "quiet_hours")
        return self

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
