"""One question to a server on the network. Addresses hold tokens, so no error of the network is shown in its words."""

from typing import Any

import aiohttp

from bot.errors import PassingError

_SECONDS = 15


async def ask(
    url: str, authorization: str | None = None, *, proxy: str | None = None, trust_env: bool = False
) -> tuple[int, dict[str, Any]]:
    """The status and the JSON that a server answers with; raises PassingError where it cannot be reached.

    It goes the way that the running avatar would go. trust_env: through the environment's proxy, if there is one.
    """
    headers = {"Authorization": authorization} if authorization else {}
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=trust_env) as session,
            session.get(url, headers=headers, proxy=proxy) as response,
        ):
            answer = await response.json(content_type=None)
            return response.status, answer if isinstance(answer, dict) else {}
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise PassingError(f"It cannot be reached ({type(error).__name__}): check the network.") from None
