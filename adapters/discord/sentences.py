"""What Discord's errors mean for the daemon, each in a sentence. Discord's own words are left out: they may quote."""

import aiohttp
import discord

from bot.errors import EchoesError, PassingError, PermanentError, UndeliverableError

BAD_TOKEN = (
    "Discord refused the token: make a new one at discord.com/developers under your application → Bot → Reset Token, "
    "and give it as ECHOES_DISCORD_TOKEN. A person's own account cannot be used, only a bot's."
)
NO_INTENT = (
    "Discord does not let this bot read messages: at discord.com/developers, under your application → Bot → "
    "Privileged Gateway Intents, switch on Message Content Intent, then start again."
)


def ended(error: Exception) -> Exception:
    """Returns the error for a connection that ended. Any other error stays as it is."""
    if isinstance(error, discord.LoginFailure):
        return PermanentError(BAD_TOKEN)
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return PermanentError(NO_INTENT)
    if isinstance(error, discord.ConnectionClosed):
        if error.code == 4004:
            return PermanentError(BAD_TOKEN)
        if error.code in (4013, 4014):
            return PermanentError(NO_INTENT)
        if error.code in (4010, 4011, 4012):
            return PermanentError(f"Discord refuses this version of the bot (code {error.code}): update Echoes.")
        return PassingError(f"Discord closed the connection (code {error.code}).")
    if isinstance(error, discord.DiscordException | aiohttp.ClientError | OSError):
        meaning = refused(error)
        return PassingError(str(meaning)) if isinstance(meaning, UndeliverableError) else meaning
    return error


def refused(error: discord.DiscordException | aiohttp.ClientError | OSError) -> EchoesError:
    """Returns the error for a request that failed: the chat's, the token's, or a passing one."""
    if isinstance(error, discord.RateLimited):
        return PassingError("Discord asks to write more slowly.", error.retry_after)
    if isinstance(error, discord.HTTPException):
        what = f"status {error.status}, code {error.code}"
        if error.status == 401:
            return PermanentError(BAD_TOKEN)
        if error.status == 429 or error.status >= 500:
            return PassingError(f"Discord does not answer properly for now ({what}).")
        if error.status in (403, 404):
            return UndeliverableError(
                f"This chat on Discord cannot be reached ({what}): the bot was removed, blocked or silenced."
            )
        return UndeliverableError(f"Discord refused a message ({what}).")
    if isinstance(error, aiohttp.ClientError | OSError):
        return PassingError(f"Discord cannot be reached ({type(error).__name__}).")
    return PassingError(f"Discord failed ({type(error).__name__}).")
