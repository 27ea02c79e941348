"""Reactions on the page, in a real browser."""

import pytest
from playwright.async_api import expect

from adapters.web.adapter import WebAdapter
from bot.message import Chat, ChatKind
from tests.web.stage import Avatar
from tests.web.window import MEI, PHONE, Opener, log, say

pytestmark = pytest.mark.browser


async def test_on_a_phone_a_heart_is_put_and_taken_back(opened: Opener, web: WebAdapter, avatar: Avatar) -> None:
    page = await opened(web.url, **PHONE)
    await page.get_by_role("link", name="Mei friend").tap()
    await web.send(MEI, "I got the job", "1")
    line = log(page).locator("article", has_text="I got the job")
    await line.get_by_role("button", name="React").tap()
    offered = page.get_by_role("dialog", name="React").get_by_role("button")
    await expect(offered).to_have_text(["❤️", "👍", "😂", "😮", "😢", "🙏"])
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    for box in [await one.bounding_box() for one in await offered.all()]:
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["width"] >= 44
    await offered.first.tap()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    heart = line.get_by_role("button", name="❤️ from Mei")
    await expect(heart).to_have_attribute("aria-pressed", "true")
    assert [one.reaction for one in avatar.reactions] == ["❤️"]
    await page.reload()
    await heart.tap()
    await expect(heart).to_have_count(0)
    assert avatar.reactions == []
    await line.get_by_role("button", name="React").tap()
    await page.mouse.click(195, 700)  # beside it
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_the_avatars_own_is_seen_and_cannot_be_tapped(opened: Opener, web: WebAdapter, avatar: Avatar) -> None:
    page = await opened(web.url, **PHONE)
    await page.get_by_role("link", name="Mei friend").tap()
    await say(page, "see you at four")
    line = log(page).locator("article", has_text="see you at four")
    await expect(log(page).get_by_text("Sending…")).to_have_count(0)
    await web.react(MEI, avatar.messages[0].id, "👍")
    await expect(line.get_by_role("img", name="👍 from Lena")).to_be_visible()
    await expect(line.get_by_role("button", name="React")).to_be_hidden()
    await page.reload()
    await expect(line.get_by_role("img", name="👍 from Lena")).to_be_visible()
    await say(page, "/forget")
    await expect(line).to_have_count(0)
    await expect(log(page).locator(".put > *")).to_have_count(0)


async def test_with_the_keyboard_alone(opened: Opener, web: WebAdapter, avatar: Avatar) -> None:
    page = await opened(f"{web.url}")
    await page.get_by_role("link", name="Mei friend").click()
    await web.send(MEI, "I got the job", "1")
    line = log(page).locator("article", has_text="I got the job")
    button = line.get_by_role("button", name="React")
    await log(page).focus()
    for _ in range(2):  # past the button that answers
        await page.keyboard.press("Tab")
    await expect(button).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog").get_by_role("button", name="❤️")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    thumb = line.get_by_role("button", name="👍 from Mei")
    await expect(thumb).to_be_visible()
    await expect(button).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("Tab")
    await expect(thumb).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(thumb).to_have_count(0)
    await expect(button).to_be_focused()
    assert avatar.reactions == []


async def test_in_the_group_each_puts_their_own(opened: Opener, web: WebAdapter, avatar: Avatar) -> None:
    page = await opened(web.url, locale="zh-CN")
    await page.get_by_role("link", name="Flat share").click()
    await page.get_by_role("radio", name="Mei").check()
    await say(page, "who cooks?")
    await web.send(Chat("web", "#group", ChatKind.GROUP), "me!", "1")
    answer, asked = (log(page).locator("article", has_text=text) for text in ("me!", "who cooks?"))
    await answer.hover()
    await answer.get_by_role("button", name="回应").click()
    await page.get_by_role("dialog", name="回应").get_by_role("button", name="👍").click()
    await expect(answer.get_by_role("button", name="Mei回应了👍")).to_be_visible()
    await expect(asked.get_by_role("button", name="回应")).to_have_count(0)
    await page.get_by_role("radio", name="妈妈").check()
    await expect(asked.get_by_role("button", name="回应")).to_have_count(1)
    await answer.get_by_role("button", name="Mei回应了👍").click()
    both = answer.get_by_role("button", name="Mei和妈妈回应了👍")
    await expect(both).to_have_text("👍2")
    await both.click()
    left = answer.get_by_role("button", name="Mei回应了👍", exact=True)
    await expect(left).to_have_attribute("aria-pressed", "false")
    assert [one.sender_name for one in avatar.reactions] == ["Mei"]
