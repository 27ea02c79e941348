"""The configuration: what can be set, and reading it with every mistake reported at once."""

from bot.config.sections import (
    Config,
    ConversationConfig,
    DiscordConfig,
    HealthConfig,
    ModelConfig,
    PlatformsConfig,
    RetentionConfig,
    SamplingConfig,
    ServerConfig,
    TelegramConfig,
    WebConfig,
)

__all__ = [
    "Config",
    "ConversationConfig",
    "DiscordConfig",
    "HealthConfig",
    "ModelConfig",
    "PlatformsConfig",
    "RetentionConfig",
    "SamplingConfig",
    "ServerConfig",
    "TelegramConfig",
    "WebConfig",
]
