"""Fetches a file from Telegram, never more of it than was asked for."""

import asyncio
import urllib.parse

import httpx

from bot.errors import PassingError, PermanentError

_DEADLINE = 120.0  # seconds for one file, however slowly it drips


async def download(base: str, path: str, limit: int, proxy: str | None = None) -> bytes:
    """`base`: the file URL with the token in it, which no error repeats. `path`: as getFile told it, not trusted.

    Raises PermanentError for a file that cannot be had or is larger than `limit` bytes, PassingError for trouble.
    """
    if not _plain(path):
        raise PermanentError(
            "Telegram's server named a file by a path that leads elsewhere: a Bot API server in local mode cannot be "
            "used here; start it without --local."
        )
    url = f"{base}/{urllib.parse.quote(path)}"
    # What is unpacked on the way could be far larger than what was counted.
    headers = {"Accept-Encoding": "identity"}
    try:
        async with (
            asyncio.timeout(_DEADLINE),
            httpx.AsyncClient(timeout=20, proxy=proxy) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            if response.status_code >= 500 or response.status_code == 429:
                raise PassingError(f"Telegram's file server has trouble ({response.status_code}).")
            if response.status_code != 200:
                raise PermanentError(f"Telegram no longer has a file (answer {response.status_code}).")
            data = bytearray()
            async for chunk in response.aiter_raw(65536):
                data += chunk
                if len(data) > limit:
                    raise too_large(limit)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise PassingError(f"A file could not be fetched from Telegram ({type(error).__name__}).") from None
    return bytes(data)


def too_large(limit: int) -> PermanentError:
    return PermanentError(f"A file was left out: it is larger than {limit / 1e6:.0f} MB.")


def _plain(path: str) -> bool:
    """Whether a path stays below the place that it is appended to."""
    return bool(path) and not path.startswith("/") and "://" not in path and ".." not in path.split("/")
