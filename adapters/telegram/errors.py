"""What the library's errors mean for the daemon, in sentences that never hold a token or what somebody wrote."""

from datetime import timedelta

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.errors import PassingError, PermanentError


def seconds(error: RetryAfter) -> float:
    pause = error.retry_after
    return pause.total_seconds() if isinstance(pause, timedelta) else float(pause)


def explain(error: TelegramError) -> PermanentError | PassingError:
    """Whatever is not about one chat. The error's own words are left out where they can quote a server's answer."""
    if isinstance(error, RetryAfter):
        return PassingError(f"Telegram asks to wait {seconds(error):.0f} s.", retry_after=seconds(error))
    if isinstance(error, InvalidToken):
        return PermanentError(
            "Telegram does not accept the bot's token: copy it again from @BotFather (/mybots, API Token) to where "
            "config.yaml says that it comes from, and start again."
        )
    if isinstance(error, Conflict):
        return PassingError(
            "Another program receives this Telegram bot's messages at the same time: stop it, or give each its own bot."
        )
    if error.__cause__ is None or isinstance(error.__cause__, TelegramError):
        return PassingError(f"Telegram's server has trouble ({reason(error)}).")
    return PassingError(f"Telegram could not be reached ({type(error.__cause__).__name__}).")


def reason(error: TelegramError) -> str:
    """Telegram's own short description, without the prefix that repeats the kind of error."""
    words = error.message.partition(". Parsing")[0].partition(". The server response")[0]
    for prefix in ("Forbidden: ", "Bad Request: "):
        words = words.removeprefix(prefix)
    return (words[:1].lower() + words[1:200]).rstrip(".")
