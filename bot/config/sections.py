"""What can be configured: one frozen dataclass a section, and with each value its meaning and its bounds.

The reader (`bot.config.reader`) and the example file (`bot.config.example`) are both made from these.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from bot.engine.base import Sampling


@dataclass(frozen=True, slots=True)
class Option:
    """What a value means, the bounds it keeps, and what the example file shows where there is no default."""

    text: str
    low: float | None = None
    high: float | None = None
    pattern: str = ""  # a text must match it whole
    secret: bool = False  # never shown, not even where it is wrong
    sample: str = ""


Proxy = Annotated[
    str | None,
    Option(
        "an HTTP proxy that everything here goes through, as http://host:port or http://user:password@host:port",
        pattern=r"http://([^\s/@:]+(:[^\s/@]*)?@)?([^\s/@:\[\]]+|\[[0-9A-Fa-f:]+\]):\d{1,5}/?",
        secret=True,
        sample="http://127.0.0.1:8080",
    ),
]
"""With a password in it, it shows in no log: see `PlatformsConfig.secrets`."""


@dataclass(frozen=True, slots=True)
class ServerConfig:
    url: Annotated[
        str,
        Option(
            "its address, up to and with /v1",
            pattern=r"https?://\S+",
            sample="http://127.0.0.1:8000/v1",
        ),
    ]
    model: Annotated[str, Option("the name under which it serves the LoRA", sample="CHANGE-ME")]


@dataclass(frozen=True, slots=True)
class ModelConfig:
    base: Annotated[
        str, Option("embedded (small, runs anywhere), a hub id such as Qwen/Qwen3-VL-8B-Instruct, or a model's folder")
    ] = "embedded"
    device: Annotated[
        str,
        Option("auto, cpu, cuda, cuda:1, mps, …; auto takes a GPU where there is one", pattern=r"auto|[a-z]+(:\d+)?"),
    ] = "auto"
    dtype: Annotated[
        Literal["auto", "float32", "bfloat16", "float16"], Option("auto, float32, bfloat16 or float16")
    ] = "auto"
    four_bit: Annotated[bool, Option("load the base model in 4 bits (needs a GPU and `pip install bitsandbytes`)")] = (
        False
    )
    lora: Annotated[
        str, Option("latest (the last one trained), the name of one in loras/, or none (the base model as it is)")
    ] = "latest"
    context_tokens: Annotated[
        int, Option("how much of a conversation is read: prompt and reply together", 256, 262144)
    ] = 2048
    cache_mb: Annotated[
        int, Option("memory for the chats' key-value caches, in megabytes; the longest unused goes first", 0, 1_000_000)
    ] = 1024
    server: Annotated[
        ServerConfig | None,
        Option(
            "an OpenAI-compatible server, such as vLLM, instead of this process; base still names the model it serves"
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class SamplingConfig:
    temperature: Annotated[float, Option("how freely words are chosen; 0 takes the likeliest", 0, 2)] = 0.8
    top_p: Annotated[float, Option("choose among the likeliest words that make up this share", 0.01, 1)] = 0.95
    presence_penalty: Annotated[float, Option("above 0: says the same less often", -2, 2)] = 0.2
    max_tokens: Annotated[
        int, Option("the longest reply, in tokens (about three quarters of a word each)", 1, 4096)
    ] = 200

    def sampling(self) -> Sampling:
        """What the engine is given with each reply."""
        return Sampling(self.temperature, self.top_p, self.presence_penalty, self.max_tokens)


@dataclass(frozen=True, slots=True)
class ConversationConfig:
    gap_minutes: Annotated[
        float, Option("a longer silence ends a conversation, in training and when talking", 1, 10080)
    ] = 60
    carried_turns: Annotated[int, Option("turns of the conversation before that are still read", 0, 200)] = 8
    gather_seconds: Annotated[float, Option("how long nothing more must come before an answer is begun", 0, 600)] = 3.0
    gather_max_seconds: Annotated[float, Option("answer after this long even if more keeps coming", 0, 3600)] = 15.0
    characters_per_second: Annotated[float, Option("the pace of typing; 0 sends without pauses", 0, 1000)] = 8.0
    max_pause_seconds: Annotated[float, Option("the longest pause between two messages of a reply", 0, 120)] = 10.0
    stale_hours: Annotated[
        float,
        Option(
            "after a restart: older messages in groups are left alone, older private ones answered with a late note",
            0.01,
            720,
        ),
    ] = 3.0
    answer: Annotated[
        Literal["contacts", "everyone"] | tuple[str, ...],
        Option("who is answered: contacts (those in people.yaml), everyone, or a list such as [mei, tom]"),
    ] = "contacts"
    groups: Annotated[
        Literal["all", "none"] | tuple[str, ...],
        Option(
            "in which groups it takes part: all, none, or a list such as ['telegram:-1001234567890']",
            pattern=r"[a-z0-9_-]+:.+",
        ),
    ] = "all"
    answer_bots: Annotated[bool, Option("whether other bots are answered; two bots may never stop")] = False


@dataclass(frozen=True, slots=True)
class TelegramConfig:
    api_url: Annotated[
        str,
        Option(
            "address of your own Bot API server; the public one if left out",
            pattern=r"https?://\S+",
        ),
    ] = "https://api.telegram.org"
    proxy: Proxy = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DiscordConfig:
    proxy: Proxy = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WebConfig:
    host: Annotated[str, Option("the address it listens on; 127.0.0.1 is this machine alone")] = "127.0.0.1"
    port: Annotated[int, Option("the port it listens on; 0 takes a free one", 0, 65535)] = 8642


@dataclass(frozen=True, slots=True)
class PlatformsConfig:
    """A platform is on if its section is there."""

    web: Annotated[WebConfig | None, Option("a chat page in the browser; its link is printed at the start")] = None
    telegram: Annotated[TelegramConfig | None, Option("a Telegram bot; its token comes from ECHOES_TELEGRAM_TOKEN")] = (
        None
    )
    discord: Annotated[DiscordConfig | None, Option("a Discord bot; its token comes from ECHOES_DISCORD_TOKEN")] = None

    @property
    def on(self) -> tuple[str, ...]:
        """Names of the platforms that are on."""
        named = (("web", self.web), ("telegram", self.telegram), ("discord", self.discord))
        return tuple(name for name, section in named if section is not None)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What of it no log may show: how a proxy is signed in to."""
        urls = [urlsplit(section.proxy) for section in (self.telegram, self.discord) if section and section.proxy]
        signed_in = [(url.username or "", url.password) for url in urls if url.password]
        return tuple(
            text
            for user, password in signed_in
            for text in (f"{user}:{password}", f"{unquote(user)}:{unquote(password)}", password, unquote(password))
        )


@dataclass(frozen=True, slots=True)
class RetentionConfig:
    journal_days: Annotated[
        float, Option("messages the avatar received or sent, and their photos, are deleted after this long", 1, 36500)
    ] = 90


@dataclass(frozen=True, slots=True)
class HealthConfig:
    host: Annotated[str, Option("the address it listens on; 127.0.0.1 is this machine alone")] = "127.0.0.1"
    port: Annotated[int, Option("the port it listens on; 0 takes a free one", 0, 65535)] = 8643


@dataclass(frozen=True, slots=True)
class Config:
    model: Annotated[ModelConfig, Option("The model that speaks.")] = ModelConfig()
    sampling: Annotated[SamplingConfig, Option("How words are chosen.")] = SamplingConfig()
    conversation: Annotated[ConversationConfig, Option("How it talks, with whom, and where.")] = ConversationConfig()
    platforms: Annotated[
        PlatformsConfig, Option("Where it can be reached: a platform is on if its section is here.")
    ] = PlatformsConfig()
    retention: Annotated[RetentionConfig, Option("How long what was said is kept.")] = RetentionConfig()
    health: Annotated[
        HealthConfig | None, Option("/healthz and Prometheus /metrics on their own port; off if left out.")
    ] = None
