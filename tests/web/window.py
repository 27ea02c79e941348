"""A browser's window on the web chat."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Page, async_playwright, expect

from bot.message import Chat, ChatKind
from tests.support import BROWSER

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1100, "height": 700}}
MEI = Chat("web", "mei", ChatKind.PRIVATE)
Opener = Callable[..., Awaitable[Page]]

expect.set_options(timeout=20_000)  # milliseconds; the machine may be busy


@asynccontextmanager
async def browsing() -> AsyncIterator[Opener]:
    """Opens an address in a new window; whatever the page's console complains about is an error at the end."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)

        async def open_page(url: str, *, quiet: bool = True, **options: Any) -> Page:
            context = await browser.new_context(**{**DESK, "locale": "en-US", **options})
            context.set_default_timeout(20_000)
            page = await context.new_page()
            if quiet:
                page.on("console", lambda message: complaints.append(message.text))
                page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("dialog", lambda dialog: complaints.append("a dialog"))
            await page.goto(url)
            return page

        yield open_page
        await browser.close()
    assert complaints == []


def log(page: Page) -> Any:
    return page.get_by_role("log")


async def say(page: Page, text: str) -> None:
    await page.get_by_role("textbox").fill(text)
    await page.get_by_role("textbox").press("Enter")
