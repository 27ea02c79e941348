"""Telegram, as a bot that polls (python-telegram-bot's client for the Bot API)."""

from adapters.telegram.adapter import TelegramAdapter

__all__ = ["TelegramAdapter"]
