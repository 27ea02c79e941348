"""Conversations: from a message to its answer, one chat at a time."""

from bot.conversation.conversations import Conversations

__all__ = ["Conversations"]
