"""The questionnaire's page: asked in the browser, written into the file, and only for who has the link."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.cli import main
from bot.cli.questionnaire.form import Form
from bot.cli.questionnaire.server import serve
from bot.errors import ExitCode
from bot.personality.answers import By, load_personality
from bot.personality.items import HELD_OUT
from bot.questionnaire import load_questionnaire
from tests.support import BROWSER

TOKEN = "a-token-for-tests"


@pytest.fixture(params=["en", "zh"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    assert main(["init", str(tmp_path / "avatar"), "--language", request.param]) == 0
    return tmp_path / "avatar" / "questionnaire.yaml"


@pytest.fixture
async def url(file: Path) -> AsyncIterator[str]:
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    form = Form(file, file.with_name("personality.yaml"), "Nora")
    serving = asyncio.create_task(serve(form, TOKEN, "127.0.0.1", 0, told.set_result))
    yield (await told).partition("#")[0]
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


@pytest.fixture
async def stranger(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(url, cookie_jar=jar) as session:
        yield session


@pytest.fixture
async def owner(stranger: aiohttp.ClientSession) -> aiohttp.ClientSession:
    async with stranger.post("/api/session", json={"token": TOKEN}) as answer:
        assert answer.status == 204
    return stranger


def text(file: Path) -> str:
    return file.read_text("utf-8")


def write(file: Path, words: str) -> None:
    file.write_text(words, "utf-8")


async def test_it_asks_every_item_and_writes_what_is_answered(owner: aiohttp.ClientSession, file: Path) -> None:
    head = text(file).splitlines()[0]
    async with owner.get("/api/questions") as answer:
        asked = await answer.json()
    assert asked["name"] == "Nora" and len(asked["scale"]) == 7
    assert asked["language"] == ("zh" if "答" in head else "en")
    assert len(asked["items"]) == 52 and not any(item["answer"] for item in asked["items"])
    assert all("1" not in item["question"] for item in asked["items"] if item["scale"]), "the note is for the file"
    for one, words in (
        ("dish", "soup: always\n汤"),
        ("trait_calm", "6"),
        ("dish", "soup"),
        ("drink", "tea"),
        ("drink", ""),
    ):
        async with owner.put(f"/api/answers/{one}", json={"answer": words}) as answer:
            assert answer.status == 204
    assert {one.id: one.answer for one in load_questionnaire(file)} == {"dish": "soup", "trait_calm": "6"}
    assert text(file).splitlines()[0] == head
    async with owner.get("/api/questions") as answer:
        items = {item["id"]: item["answer"] for item in (await answer.json())["items"]}
    assert (items["dish"], items["trait_calm"], items["drink"]) == ("soup", "6", "")


async def test_what_cannot_be_written_is_said_and_the_file_stays(owner: aiohttp.ClientSession, file: Path) -> None:
    before = text(file)
    for one, body, status in (
        ("trait_calm", {"answer": "8"}, 409),
        ("nobody", {"answer": "x"}, 409),
        ("dish", {"answer": "x" * 20_001}, 400),
        ("dish", {"answer": 5}, 400),
        ("dish", {}, 400),
    ):
        async with owner.put(f"/api/answers/{one}", json=body) as answer:
            assert answer.status == status and (await answer.json())["sentence"].endswith(".")
    assert text(file) == before
    write(file, "answers: [")
    async with owner.put("/api/answers/dish", json={"answer": "x"}) as answer:
        assert "not valid YAML" in (await answer.json())["sentence"]
    assert text(file) == "answers: ["


async def test_who_edits_the_file_meanwhile_loses_nothing(owner: aiohttp.ClientSession, file: Path) -> None:
    write(file, "answers:\n- {id: a, question: 'A?', answer: by hand}\n- {id: b, question: 'B?'}\n")
    async with owner.put("/api/answers/b", json={"answer": "on the page"}) as answer:
        assert answer.status == 204
    assert [one.answer for one in load_questionnaire(file)] == ["by hand", "on the page"]


async def test_without_the_link_there_is_only_an_empty_page(stranger: aiohttp.ClientSession, file: Path) -> None:
    before = text(file)
    for path in ("/", "/form.js", "/saving.js", "/parts.js", "/statements.js", "/form.css", "/icon.svg"):
        async with stranger.get(path) as answer:
            assert answer.status == 200 and TOKEN not in await answer.text()
    async with stranger.get("/api/questions") as answer:
        assert answer.status == 401
    async with stranger.put("/api/answers/dish", json={"answer": "x"}) as answer:
        assert answer.status == 401
    async with stranger.put("/api/statements/1", json={"answer": "5", "words": "", "by": "self"}) as answer:
        assert answer.status == 401 and not file.with_name("personality.yaml").exists()
    async with stranger.post("/api/session", json={"token": "wrong"}) as answer:
        assert answer.status == 403
    async with stranger.get("/api/questions", headers={"Host": "evil.example"}) as answer:
        assert answer.status == 403
    async with stranger.get("/server.py") as answer:
        assert answer.status == 404
    assert text(file) == before


def test_the_command_tells_the_link_and_ends_with_a_count(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path)]) == 0
    command = [sys.executable, "-m", "bot", "-w", str(tmp_path), "questionnaire"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(5)]
    assert re.search(r"http://127\.0\.0\.1:\d+/#token=\S{20,}", "".join(lines))
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=20)
    assert (process.returncode, rest.splitlines()[-1][:15]) == (0, "0 of 52 questio")


def test_a_file_that_is_wrong_or_missing_is_told_before_anything_is_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["init", str(tmp_path)])
    (tmp_path / "questionnaire.yaml").write_text("answers: [", "utf-8")
    assert main(["-w", str(tmp_path), "questionnaire"]) == ExitCode.CONFIG
    (tmp_path / "questionnaire.yaml").unlink()
    assert main(["-w", str(tmp_path), "questionnaire"]) == ExitCode.DATA
    assert "echoes init" in capsys.readouterr().err


@pytest.mark.browser
async def test_on_a_phone_an_answer_is_saved_while_it_is_written(url: str, file: Path) -> None:
    from playwright.async_api import async_playwright, expect

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": 390, "height": 780}, locale="en-US")
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{url}#token={TOKEN}")
        await page.locator("#a-dish").fill("soup\nand bread")
        steps = page.locator("fieldset", has=page.locator("button")).first.get_by_role("button")
        await steps.nth(5).click()
        await expect(page.locator("#state")).to_have_text(re.compile("^(Saved|已保存)$"))
        assert {one.answer for one in load_questionnaire(file)} == {"soup\nand bread", "6"}
        await steps.nth(5).click()
        await expect(page.locator("#count")).to_have_text(re.compile("^1 "))
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing is cut off"
        assert TOKEN not in page.url and complaints == []
        await browser.close()


async def test_the_statements_are_asked_and_each_answer_is_kept(owner: aiohttp.ClientSession, file: Path) -> None:
    async with owner.get("/api/questions") as answer:
        inventory = (await answer.json())["inventory"]
    assert len(inventory["statements"]) == 120 and len(inventory["scale"]) == 5 and inventory["by"] == "self"
    assert {one["number"] for one in inventory["statements"] if not one["learnt"]} == HELD_OUT
    for number, said in (
        (2, {"answer": "5", "words": "to the postman: always", "by": "self"}),
        (3, {"answer": "1", "words": "", "by": "self"}),
        (3, {"answer": "", "words": "", "by": "self"}),
        (4, {"answer": "4", "words": "", "by": "other"}),
    ):
        async with owner.put(f"/api/statements/{number}", json=said) as answer:
            assert answer.status == 204
    kept = load_personality(file.with_name("personality.yaml"))
    assert (kept.answers, kept.words, kept.by) == ({2: 5, 4: 4}, {2: "to the postman: always"}, By.BOTH)
    async with owner.get("/api/questions") as answer:
        again = (await answer.json())["inventory"]["statements"]
    assert [one["answer"] for one in again[:4]] == ["", "5", "", "4"] and again[1]["words"] == "to the postman: always"
    for number, said in (
        (121, {"answer": "5", "words": "", "by": "self"}),
        (1, {"answer": "6", "words": "", "by": "self"}),
        (1, {"answer": "5", "words": "", "by": "both"}),
        (1, {"answer": "5", "by": "self"}),
    ):
        async with owner.put(f"/api/statements/{number}", json=said) as answer:
            assert answer.status == 400 and (await answer.json())["sentence"].endswith(".")
    assert load_personality(file.with_name("personality.yaml")) == kept


@pytest.mark.browser
async def test_the_statements_are_answered_by_keys_and_gone_on_with_another_day(url: str, file: Path) -> None:
    from playwright.async_api import async_playwright, expect

    personality = file.with_name("personality.yaml")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": 390, "height": 780}, locale="en-US")
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{url}#token={TOKEN}")
        await page.locator("#parts a").nth(1).click()
        cards = page.locator("fieldset.item")
        await expect(cards).to_have_count(10)
        await cards.first.get_by_role("button").first.focus()
        for number, key in enumerate(("4", "5", "2", "3", "5", "1", "1", "5", "1", "5"), 1):
            async with page.expect_response(f"**/api/statements/{number}"):
                await page.keyboard.press(key)
        await expect(page.locator("#count")).to_have_text(re.compile("^10 "))
        async with page.expect_response("**/api/statements/2"):
            await cards.nth(1).locator("textarea").fill("ask the postman")
        await page.locator(".turning nav button").nth(1).click()
        await expect(cards.first.locator("legend")).to_contain_text("11.")
        async with page.expect_response("**/api/statements/11"):
            await cards.first.get_by_role("button").nth(2).click()
        await expect(page.locator("#count")).to_have_text(re.compile("^11 "))
        kept = load_personality(personality)
        assert list(kept.answers.values()) == [4, 5, 2, 3, 5, 1, 1, 5, 1, 5, 3] and kept.words == {2: "ask the postman"}
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing is cut off"

        await page.reload()
        await expect(cards.first.locator("legend")).to_contain_text("11.")
        await page.locator(".who input").nth(1).check()
        async with page.expect_response("**/api/statements/12"):
            await cards.nth(1).get_by_role("button").first.click()
        assert load_personality(personality).by is By.BOTH and load_personality(personality).answers[12] == 1
        assert complaints == []
        await browser.close()
