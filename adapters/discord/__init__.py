"""Discord, through a bot account."""

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.convert import to_message

__all__ = ["DiscordAdapter", "to_message"]
