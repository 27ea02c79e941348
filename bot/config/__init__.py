"""The configuration: what can be set, and reading it with every mistake reported at once."""

from bot.config.conversation import ConversationConfig, SpeakFirstConfig
from bot.config.example import example_text
from bot.config.model import ModelConfig, SamplingConfig, ServerConfig
from bot.config.reader import load_config, parse_config
from bot.config.sections import (
    Config,
    HealthConfig,
    HearingConfig,
    MemoryConfig,
    PlatformsConfig,
    RetentionConfig,
    SpeakingConfig,
)

__all__ = [
    "Config",
    "ConversationConfig",
    "HealthConfig",
    "HearingConfig",
    "MemoryConfig",
    "ModelConfig",
    "PlatformsConfig",
    "RetentionConfig",
    "SamplingConfig",
    "ServerConfig",
    "SpeakFirstConfig",
    "SpeakingConfig",
    "example_text",
    "load_config",
    "parse_config",
]
