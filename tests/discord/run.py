"""`echoes`, with Discord at the address in DISCORD_FAR_SIDE."""

import os
import sys

from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.cli import main

if __name__ == "__main__":
    base = os.environ["DISCORD_FAR_SIDE"]
    Route.BASE = base
    DiscordWebSocket.DEFAULT_GATEWAY = URL(base.replace("http", "ws", 1) + "/gateway/")
    sys.exit(main())
