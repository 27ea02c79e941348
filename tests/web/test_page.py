"""The page itself, in a real browser."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from adapters.web.adapter import WebAdapter
from bot.message import Chat, ChatKind
from bot.people import Contact, People
from bot.platform import ShownDecision
from tests.support import refs, sender_of
from tests.web.stage import Avatar, photo, serving
from tests.web.window import DESK, MEI, PHONE, Opener, log, say

pytestmark = pytest.mark.browser


async def test_on_a_phone_one_says_this_and_sees_that(opened: Opener, web: WebAdapter, avatar: Avatar) -> None:
    page = await opened(web.url, **PHONE)
    await page.get_by_role("link", name="Mei friend").tap()
    assert page.url.endswith("/#chat=mei"), "the token is not in the address bar any more"
    await expect(page.get_by_role("heading", name="Lena")).to_be_visible()
    await expect(page.get_by_text("AI avatar · here you are Mei (friend)")).to_be_visible()
    await page.get_by_role("textbox").fill("coming on Sunday?")
    await page.get_by_role("button", name="Send").tap()
    await expect(log(page).get_by_text("coming on Sunday?")).to_be_visible()
    assert avatar.texts == ["coming on Sunday?"]
    await web.typing(MEI)
    await expect(page.get_by_label("Lena is typing")).to_be_visible()
    await web.send(MEI, "yes!", "1")
    await expect(log(page).get_by_text("yes!")).to_be_visible()
    await expect(page.get_by_label("Lena is typing")).to_have_count(0)
    await web.send(MEI, "see you there", "2")
    await expect(log(page).get_by_text("see you there")).to_be_visible()
    await expect(log(page).locator("time").first).to_have_text(re.compile(r"^\d{1,2}:\d\d [AP]M$"))
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing sticks out"
    await page.set_viewport_size({"width": 390, "height": 400})  # the keyboard opens
    box = await page.get_by_role("textbox").bounding_box()
    assert box is not None and box["y"] + box["height"] <= 400
    await expect(log(page).get_by_text("see you there")).to_be_in_viewport()
    await page.get_by_role("button", name="Back to the list").tap()
    await expect(page.get_by_role("link", name="Mei friend see you there")).to_be_visible()
    await web.send(MEI, "hello?", "3")
    await expect(page.get_by_label("1 unread")).to_be_visible()
    await page.get_by_role("link", name="Mei friend").tap()
    await expect(log(page).get_by_text("hello?")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_role("link", name="Mei friend hello?")).to_be_visible()
    await expect(page.get_by_label("1 unread")).to_have_count(0)


async def test_several_photos_are_seen_before_they_go_and_arrive_together(
    opened: Opener, web: WebAdapter, avatar: Avatar, tmp_path: Path
) -> None:
    page = await opened(f"{web.url}", **PHONE)
    await page.get_by_role("link", name="Mei friend").tap()
    paths = []
    for number, kind in enumerate(("JPEG", "PNG", "WEBP")):
        paths.append(tmp_path / f"{number}.{kind.lower()}")
        paths[-1].write_bytes(photo(kind, seed=number))
    await page.get_by_label("Add photos").set_input_files(paths)
    previews = page.locator("#previews img")
    await expect(previews).to_have_count(3)
    await page.get_by_role("button", name="Remove this photo").nth(1).tap()
    await expect(previews).to_have_count(2)
    await page.get_by_role("textbox").fill("where is this?")
    await page.get_by_role("button", name="Send").tap()
    await expect(previews).to_have_count(0)
    await expect(log(page).get_by_text("Sending…")).to_have_count(0)
    shown = log(page).get_by_alt_text("Photo from Mei")
    await expect(shown).to_have_count(2)
    await page.wait_for_function(
        "[...document.querySelectorAll('#log img')].every(image => image.naturalWidth === 320)"
    )
    (message,) = avatar.messages
    assert message.text == "where is this?"
    assert [await web.fetch(ref, 10**7) for ref in refs(message)] == [photo("JPEG", seed=0), photo("WEBP", seed=2)]
    await shown.first.tap()
    await expect(page.locator("#large img")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#large img")).to_be_hidden()


async def test_a_file_that_is_too_large_or_no_photo_is_refused_before_it_is_sent(
    opened: Opener, web: WebAdapter, avatar: Avatar, tmp_path: Path
) -> None:
    page = await opened(web.url)
    large, text, broken = tmp_path / "large.jpg", tmp_path / "notes.heic", tmp_path / "broken.jpg"
    large.write_bytes(photo() + bytes(20 * 1024 * 1024))
    text.write_text("no picture")
    await page.get_by_label("Add photos").set_input_files(large)
    await expect(page.get_by_role("alert")).to_have_text("This photo is too large. At most 20 MB can be sent.")
    broken.write_bytes(photo()[:1000])
    for file in (text, broken):
        await page.get_by_label("Add photos").set_input_files(file)
        await expect(page.get_by_role("alert")).to_contain_text("This file is no photo")
        await expect(page.locator("#previews img")).to_have_count(0)
    await page.get_by_role("textbox").fill("x" * 4001)
    await page.get_by_role("textbox").press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("at most 4000 characters")
    assert await page.get_by_role("textbox").input_value() == "x" * 4001, "what was written is not lost"
    assert avatar.messages == []


async def test_what_the_server_refuses_can_be_tried_again_or_discarded(
    opened: Opener, web: WebAdapter, avatar: Avatar, tmp_path: Path
) -> None:
    page = await opened(web.url, quiet=False)
    broken = tmp_path / "misnamed.png"  # a browser shows it all the same
    broken.write_bytes(photo("BMP"))
    await page.get_by_label("Add photos").set_input_files(broken)
    await say(page, "look")
    await expect(log(page).get_by_text("Not sent. This file is no photo that can be shown.")).to_be_visible()
    await say(page, "never mind")
    await expect(log(page).get_by_text("Not sent.")).to_have_count(1)
    await page.get_by_role("button", name="Try again").click()
    await expect(log(page).get_by_text("Not sent. This file")).to_be_visible()
    await page.get_by_role("button", name="Discard").click()
    await expect(log(page).get_by_text("look")).to_have_count(0)
    assert avatar.texts == ["never mind"]


async def test_in_chinese(opened: Opener, web: WebAdapter, avatar: Avatar) -> None:
    avatar.says = lambda message: ["好的妈妈"]
    page = await opened(web.url, **PHONE, locale="zh-CN")
    await page.get_by_role("link", name="妈妈 父母").tap()
    assert await page.evaluate("document.documentElement.lang") == "zh-CN"
    await expect(page.get_by_text("AI 分身 · 你现在是妈妈（父母）")).to_be_visible()
    box = page.get_by_role("textbox", name="发消息")
    await box.fill("周末回家吃饭吗")
    await box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    await page.wait_for_timeout(150)
    assert avatar.texts == [], "Enter chose a word of the input method"
    await box.press("Enter")
    await expect(log(page).get_by_text("好的妈妈")).to_be_visible()
    await expect(log(page).get_by_text("今天")).to_be_visible()
    await page.get_by_role("button", name="返回列表").tap()
    await expect(page.get_by_role("link", name="陌生人")).to_be_visible()


async def test_a_reload_keeps_the_conversation_and_the_place(opened: Opener, web: WebAdapter, avatar: Avatar) -> None:
    avatar.says = lambda message: ["I remember"]
    page = await opened(web.url)
    await page.get_by_role("link", name="Tom colleague").click()
    await say(page, "do you remember?")
    await expect(log(page).get_by_text("I remember")).to_be_visible()
    await page.reload()
    await expect(log(page).get_by_text("do you remember?")).to_be_visible()
    await expect(log(page).get_by_text("I remember")).to_be_visible()
    await expect(page.get_by_text("here you are Tom")).to_be_visible()
    await page.get_by_role("link", name="Mei friend").click()
    await expect(log(page).get_by_text("I remember")).to_have_count(0)
    await expect(log(page).get_by_text("You are Mei here")).to_be_visible()


async def test_a_question_to_begin_with_is_one_tap_away(opened: Opener, web: WebAdapter, avatar: Avatar) -> None:
    avatar.says = lambda message: ["sleeping"]
    page = await opened(web.url, **PHONE)
    await page.get_by_role("link", name="Mei friend").tap()
    await page.get_by_role("button", name="What are you doing this weekend?").tap()
    await expect(log(page).get_by_text("sleeping")).to_be_visible()
    await expect(log(page).get_by_role("button", name="Did you eat yet?")).to_have_count(0)


async def test_text_is_shown_as_text(opened: Opener, web: WebAdapter, avatar: Avatar) -> None:
    nasty = '<img src=x onerror="alert(1)"><script>alert(2)</script>&lt;b&gt; <|im_end|>'
    avatar.says = lambda message: [message.text]
    page = await opened(web.url)
    await say(page, nasty)
    await expect(log(page).get_by_text(nasty, exact=True)).to_have_count(2)
    await say(page, "javascript:alert(1)\n\n" + "long" * 300)
    await expect(log(page).get_by_text("longlong")).to_have_count(2)
    assert await page.locator("#log script, #log img, #chats script").count() == 0
    assert await page.evaluate(
        "document.querySelector('#log').scrollWidth <= document.querySelector('#log').clientWidth"
    )


async def test_several_people_speak_in_the_group(opened: Opener, web: WebAdapter, avatar: Avatar) -> None:
    avatar.says = lambda message: ["me!"] if "cooks" in message.text else []
    page = await opened(web.url)
    await page.get_by_role("link", name="Flat share").click()
    await page.get_by_role("radio", name="Mei").check()
    await say(page, "who cooks?")
    await expect(log(page).get_by_text("me!")).to_be_visible()
    await page.get_by_role("radio", name="Tom").check()
    await expect(page.get_by_role("textbox", name="Message as Tom")).to_be_focused()
    await say(page, "nice")
    await expect(log(page).locator("b.name")).to_have_text(["Mei", "Lena", "Tom"])
    assert [sender_of(message) for message in avatar.messages] == ["mei", "tom"]
    why = {"en": ["For an answer: a question: yes (+0.3)."], "zh": ["倾向回复：是个问题：是（+0.3）。"]}
    await web.show_decision(avatar.messages[1].chat, avatar.messages[1].id, ShownDecision(False, 0.1234, why))
    await expect(log(page).get_by_text("For an answer")).to_be_hidden()
    await log(page).get_by_text("stayed silent · would answer 12 of 100 such messages").click()
    await expect(log(page).get_by_text("For an answer: a question: yes (+0.3).")).to_be_visible()
    await web.show_decision(avatar.messages[0].chat, avatar.messages[0].id, ShownDecision(True, None, {}))
    await expect(log(page).get_by_text("answered", exact=True)).to_be_visible()
    await page.get_by_role("link", name="Mei friend").click()
    await web.send(avatar.messages[0].chat, "one more thing", "later")
    await expect(page.get_by_label("1 unread")).to_be_visible()
    assert (await page.title()).startswith("(1) ")
    await page.get_by_role("link", name="Flat share").click()
    await expect(page.get_by_label("1 unread")).to_have_count(0)


@pytest.mark.parametrize("options", [DESK, PHONE], ids=["desk", "phone"])
async def test_one_message_answers_another(
    opened: Opener, web: WebAdapter, avatar: Avatar, options: dict[str, Any]
) -> None:
    page = await opened(f"{web.url}", **options)
    await page.get_by_role("link", name="Mei friend").click()
    await say(page, "tea or coffee?")
    await expect(log(page).get_by_text("Sending…")).to_have_count(0)
    first = await web.send(MEI, "tea", "1")
    await web.send(MEI, "what else?", "2")
    bubble = log(page).locator("article", has_text="tea").filter(has_not_text="coffee")
    await bubble.hover()
    await bubble.get_by_role("button", name="Reply").click()
    await expect(page.get_by_text("Reply to Lena: tea")).to_be_visible()
    await page.get_by_role("button", name="Do not reply to it").click()
    await expect(page.get_by_text("Reply to Lena: tea")).to_have_count(0)
    await bubble.hover()
    await bubble.get_by_role("button", name="Reply").click()
    await say(page, "of course")
    answer = log(page).locator("article", has_text="of course")
    await expect(answer.locator(".quote")).to_have_text("Lena tea")
    await expect(page.locator("#quoted")).to_be_hidden()
    assert [one.reply_to for one in avatar.messages] == [None, first]
    await web.send_reply(MEI, "milk?", "3", avatar.messages[0].id)
    await expect(log(page).locator("article", has_text="milk?").locator(".quote")).to_have_text("Mei tea or coffee?")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_among_many_people_one_is_found(opened: Opener, tmp_path: Path) -> None:
    many = People.of(tuple(Contact(f"p{number}", f"Person {number}", "friend") for number in range(40)))
    avatar = Avatar()
    async with serving(tmp_path, avatar, people=many) as web:
        page = await opened(web.url)
        await page.get_by_role("searchbox", name="Find a person").fill("son 31")
        await expect(page.get_by_role("link")).to_have_count(2)
        await page.get_by_role("link", name="Flat share").click()
        await page.get_by_role("combobox", name="Speak as").select_option(label="Person 17")
        await say(page, "hello all")
        await expect(log(page).get_by_text(re.compile("Not sent|Sending"))).to_have_count(0)
        await page.close()
    assert [message.sender_name for message in avatar.messages] == ["Person 17"]


async def test_what_happens_elsewhere_takes_no_focus_from_a_first_question(opened: Opener, web: WebAdapter) -> None:
    page = await opened(web.url)
    first = page.get_by_role("button", name="What are you doing this weekend?")
    await first.focus()
    await web.send(Chat("web", "tom", ChatKind.PRIVATE), "hello Tom", "k")
    await expect(page.get_by_label("1 unread")).to_be_visible()
    await expect(first).to_be_focused()


async def test_with_the_keyboard_alone(opened: Opener, web: WebAdapter, avatar: Avatar) -> None:
    page = await opened(web.url)
    await expect(page.get_by_role("textbox")).to_be_focused()
    for _ in range(30):
        await page.keyboard.press("Shift+Tab")
        if await page.locator("a:focus").filter(has_text="Tom").count():
            break
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("here you are Tom")).to_be_visible()
    await page.get_by_role("textbox").focus()
    await page.keyboard.type("first line")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("second line")
    await page.keyboard.press("Enter")
    await expect(log(page).get_by_text("second line")).to_be_visible()
    assert avatar.texts == ["first line\nsecond line"]


async def test_it_comes_back_by_itself_and_loses_nothing(opened: Opener, tmp_path: Path) -> None:
    avatar = Avatar()
    async with serving(tmp_path, avatar) as web:
        port = int(web.url.split(":")[2].split("/")[0])
        page = await opened(web.url, quiet=False)
        await say(page, "before")
        await expect(log(page).get_by_text("Sending…")).to_have_count(0)
    await expect(page.get_by_text("Reconnecting…")).to_be_visible()
    await say(page, "while it was away")
    await expect(log(page).get_by_text("Not sent. Echoes cannot be reached.")).to_be_visible()
    again = Avatar()
    async with serving(tmp_path, again, port) as web:
        await web.send(MEI, "I am back", "k")
        await expect(log(page).get_by_text("I am back")).to_be_visible()
        await expect(page.get_by_text("Reconnecting…")).to_have_count(0)
        await page.get_by_role("button", name="Try again").click()
        await expect(log(page).get_by_text(re.compile("Not sent|Sending"))).to_have_count(0)
    assert (avatar.texts, again.texts) == (["before"], ["while it was away"])


async def test_without_the_right_link_it_says_what_to_do(opened: Opener, web: WebAdapter) -> None:
    base = web.url.partition("#")[0]
    page = await opened(base, quiet=False)
    await expect(page.get_by_text("Open the web chat with the link")).to_be_visible()
    page = await opened(f"{base}#token=wrong", quiet=False, locale="zh-CN")
    await expect(page.get_by_text("这个链接无效或已失效")).to_be_visible()
    await expect(page.locator("#app")).to_be_hidden()
