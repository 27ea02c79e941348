"""Talking on the web chat, as the page does it."""

import asyncio
import io
import sqlite3
import stat
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.web.adapter import WebAdapter
from adapters.web.store import Transcript
from bot.errors import PassingError, PermanentError
from bot.media import MAX_BYTES
from bot.message import Account, Chat, ChatKind
from bot.platform import ShownDecision
from tests.support import refs, sender_of
from tests.web.stage import Avatar, photo, serving, web_adapter

MEI = Chat("web", "mei", ChatKind.PRIVATE)


class Page:
    """The stream as a page hears it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def next(self, kind: str) -> dict[str, Any]:
        """The next event of that kind."""
        async with asyncio.timeout(5):
            while True:
                event: dict[str, Any] = await self._socket.receive_json()
                if event["type"] == kind:
                    return event

    async def lines(self) -> list[str]:
        """What it begins with."""
        return [line["text"] for line in (await self.next("lines"))["lines"]]


def stream(client: aiohttp.ClientSession, since: int = 0, erasures: int = 0) -> Any:
    base = str(client._base_url).rstrip("/")
    return client.ws_connect(f"/api/stream?since={since}&erasures={erasures}", origin=base)


async def say(client: aiohttp.ClientSession, text: str, **more: Any) -> int:
    body = {"chat": "mei", "sender": "mei", "text": text, "photos": [], "nonce": text[:20], **more}
    async with client.post("/api/messages", json=body) as answer:
        assert answer.status == 200, await answer.text()
        return int((await answer.json())["id"])


async def refused(client: aiohttp.ClientSession, **body: Any) -> tuple[int, str, str]:
    message = {"chat": "mei", "sender": "mei", "text": "hi", "photos": [], "nonce": "n", **body}
    async with client.post("/api/messages", json=message) as answer:
        said = await answer.json()
        return answer.status, said["error"], said["sentence"]


async def upload(client: aiohttp.ClientSession, data: bytes) -> str:
    async with client.post("/api/photos", data=data) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["name"])


async def test_a_message_is_with_the_daemon_before_it_is_confirmed(
    client: aiohttp.ClientSession, avatar: Avatar
) -> None:
    number = await say(client, "  hello  ")
    (message,) = avatar.messages
    assert (message.id, message.text, message.chat) == (str(number), "hello", MEI)
    assert (message.sender, message.sender_name) == (Account("web", "mei"), "Mei")
    assert message.sent_at.tzinfo is not None and not message.addressed and not message.attachments


async def test_the_page_hears_typing_and_bubbles_one_by_one(
    client: aiohttp.ClientSession, web: WebAdapter, avatar: Avatar
) -> None:
    avatar.says = lambda message: ["yes", "of course"]
    avatar.pause = 0.05
    async with stream(client) as socket:
        page = Page(socket)
        hello = await page.next("hello")
        assert hello["avatar"] == "Lena" and [one["name"] for one in hello["people"]] == [
            "Mei",
            "妈妈",
            "Tom",
            "Stranger",
        ]
        assert hello["people"][1]["relationship"] == {"en": "parent", "zh": "父母"}
        assert hello["group"]["title"] == "Flat share"
        await say(client, "coming?")
        heard = [await socket.receive_json() for _ in range(6)]
    kinds = [event["type"] for event in heard]
    assert kinds == ["lines", "line", "typing", "line", "typing", "line"]
    bubbles = [event["line"] for event in heard if event["type"] == "line"]
    assert [(one["sender"], one["text"]) for one in bubbles] == [("mei", "coming?"), (None, "yes"), (None, "of course")]
    assert heard[2] == {"type": "typing", "chat": "mei"}


async def test_the_daemon_hears_that_somebody_types(client: aiohttp.ClientSession, avatar: Avatar) -> None:
    for chat, sender, status in (("mei", "mei", 204), ("#group", "tom", 204), ("mei", "tom", 400), ("x", "x", 400)):
        async with client.post("/api/typing", json={"chat": chat, "sender": sender}) as answer:
            assert answer.status == status
    assert [chat.id for chat in avatar.typed] == ["mei", "#group"] and not avatar.messages


async def test_a_page_that_was_away_catches_up(client: aiohttp.ClientSession, web: WebAdapter) -> None:
    await say(client, "one")
    second = await say(client, "two")
    await web.send(MEI, "three", "k")
    async with stream(client) as socket:
        page = Page(socket)
        erasures = (await page.next("hello"))["erasures"]
        assert await page.lines() == ["one", "two", "three"]
    async with stream(client, since=second, erasures=erasures) as socket:
        page = Page(socket)
        assert not (await page.next("hello"))["anew"]
        assert await page.lines() == ["three"]


async def test_a_second_try_is_the_same_message(client: aiohttp.ClientSession, avatar: Avatar) -> None:
    first = await say(client, "hello", nonce="x")
    assert await say(client, "hello", nonce="x") == first
    assert await say(client, "hello", nonce="y") != first
    assert avatar.texts == ["hello", "hello"]


async def test_a_bubble_is_sent_once_and_it_is_known_whether_it_was(
    client: aiohttp.ClientSession, web: WebAdapter
) -> None:
    assert await web.delivered(MEI, "hi", "key-1", None) is False
    number = await web.send(MEI, "hi", "key-1")
    assert await web.send(MEI, "hi", "key-1") == number
    assert await web.delivered(MEI, "hi", "key-1", None) == number
    assert await web.delivered(MEI, "hi", "key-2", None) is False
    async with stream(client) as socket:
        assert await Page(socket).lines() == ["hi"]


async def test_a_sticker_is_shown_as_a_picture_once(client: aiohttp.ClientSession, web: WebAdapter) -> None:
    assert set(web.stickers()) == {"😂"}
    (web._folder / "laughing.png").write_bytes(photo("PNG"))
    number = await web.send_sticker(MEI, "😂", "key-1")
    assert await web.send_sticker(MEI, "😂", "key-1") == number == await web.delivered(MEI, "😂", "key-1", None)
    (web._folder / "laughing.png").unlink()
    await web.send_sticker(MEI, "😂", "key-2")
    async with stream(client) as socket:
        lines = (await Page(socket).next("lines"))["lines"]
    assert [(line["text"], len(line["photos"])) for line in lines] == [("", 1), ("😂", 0)]
    async with client.get(f"/api/photos/{lines[0]['photos'][0]}") as answer:
        assert answer.status == 200 and answer.content_type == "image/png"


async def test_what_the_daemon_cannot_take_is_not_shown_and_can_be_tried_again(
    client: aiohttp.ClientSession, avatar: Avatar
) -> None:
    avatar.fails = PassingError("The journal is full.")
    status, code, sentence = await refused(client, text="hello")
    assert (status, code) == (503, "later") and "journal is full" in sentence
    async with stream(client) as socket:
        assert await Page(socket).lines() == []
    avatar.fails = None
    number = await say(client, "hello", nonce="n")
    assert [message.id for message in avatar.messages] == [str(number)]
    async with stream(client) as socket:
        assert await Page(socket).lines() == ["hello"]


async def test_in_the_group_several_people_speak(client: aiohttp.ClientSession, avatar: Avatar) -> None:
    await say(client, "who cooks?", chat="#group", sender="mei")
    await say(client, "@lena you?", chat="#group", sender="tom")
    await say(client, "@妈妈 辛苦了", chat="#group", sender="~stranger")
    chat = Chat("web", "#group", ChatKind.GROUP, "Flat share")
    assert [message.chat for message in avatar.messages] == [chat] * 3
    assert [sender_of(message) for message in avatar.messages] == ["mei", "tom", "~stranger"]
    assert [(one.addressed, one.addressed_other) for one in avatar.messages] == [
        (False, False),
        (True, False),
        (False, True),
    ]


async def test_what_answers_a_message_says_so(client: aiohttp.ClientSession, web: WebAdapter, avatar: Avatar) -> None:
    group = Chat("web", "#group", ChatKind.GROUP)
    asked = await say(client, "who cooks?", chat="#group", sender="mei")
    own = await web.send_reply(group, "I do", "k", str(asked))
    await say(client, "again?", chat="#group", sender="tom", reply=int(own))
    await say(client, "not me", chat="#group", sender="tom", reply=asked)
    await say(client, "of another chat", reply=asked)
    assert [(one.reply_to, one.addressed, one.addressed_other) for one in avatar.messages[1:]] == [
        (own, True, False),
        (str(asked), False, True),
        (None, False, False),
    ]
    async with stream(client) as socket:
        lines = (await Page(socket).next("lines"))["lines"]
    assert [line["reply"] for line in lines] == [None, asked, int(own), asked, None]
    assert (await refused(client, reply="1"))[:2] == (400, "form")


async def test_a_decision_is_shown_and_stays(client: aiohttp.ClientSession, web: WebAdapter) -> None:
    async with stream(client) as socket:
        number = await say(client, "who cooks?", chat="#group")
        shown = ShownDecision(False, 0.125, {"en": ["It is of a bot."], "zh": ["这是机器人发的。"]})
        await web.show_decision(Chat("web", "#group", ChatKind.GROUP), str(number), shown)
        event = await Page(socket).next("decision")
        why = {"en": ["It is of a bot."], "zh": ["这是机器人发的。"]}
        assert event == {"type": "decision", "id": number, "decision": {"often": 0.125, "answered": False, "why": why}}
    async with stream(client) as socket:
        (line,) = (await Page(socket).next("lines"))["lines"]
        assert line["decision"] == {"often": 0.125, "answered": False, "why": why}


def test_a_transcript_from_before_it_told_why_is_read(tmp_path: Path) -> None:
    Transcript.open(tmp_path).close()
    database = sqlite3.connect(tmp_path / "transcript.sqlite")
    for column in ("why", "reply", "often"):
        database.execute(f"ALTER TABLE lines DROP COLUMN {column}")
    database.execute("ALTER TABLE lines ADD COLUMN probability REAL")
    database.execute(
        "INSERT INTO lines (chat, sender, name, text, photos, at, mark, taken, probability, answered)"
        " VALUES ('#group', 'mei', 'Mei', 'who cooks?', '[]', 0, 'm', 1, 0.16, 0)"
    )
    database.commit()
    database.close()
    transcript = Transcript.open(tmp_path)
    [line] = transcript.since(0, 9)
    assert line.decision == ShownDecision(False, None, {})
    transcript.decided(line.id, ShownDecision(False, 0.2, {"en": ["It is of a bot."]}))
    assert transcript.since(0, 9)[0].decision == ShownDecision(False, 0.2, {"en": ["It is of a bot."]})
    transcript.close()


async def test_photos_travel_both_ways(client: aiohttp.ClientSession, web: WebAdapter, avatar: Avatar) -> None:
    kinds = ("JPEG", "PNG", "GIF", "WEBP")
    names = [await upload(client, photo(kind)) for kind in kinds]
    await say(client, "", photos=names, nonce="p")
    (message,) = avatar.messages
    assert refs(message) == tuple(names)
    for kind, name in zip(kinds, names, strict=True):
        assert await web.fetch(name, MAX_BYTES) == photo(kind)
        async with client.get(f"/api/photos/{name}") as answer:
            assert answer.content_type == f"image/{kind.lower()}" and await answer.read() == photo(kind)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    with pytest.raises(PermanentError, match="larger than"):
        await web.fetch(names[0], 100)
    for elsewhere in ("../transcript.sqlite", "/etc/passwd", "0" * 32 + ".jpg", ""):
        with pytest.raises(PermanentError, match="no longer there"):
            await web.fetch(elsewhere, MAX_BYTES)


async def test_what_is_no_photo_or_too_large_is_refused_in_a_sentence(client: aiohttp.ClientSession) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    for data in (b"", b"hello", b"<html><script>alert(1)</script>", svg, b"\x89PNG\r\n\x1a\n" + bytes(50)):
        async with client.post("/api/photos", data=data) as answer:
            assert answer.status == 415 and (await answer.json())["error"] == "photo"
    async with client.post("/api/photos", data=io.BytesIO(bytes(MAX_BYTES + 1))) as answer:
        assert answer.status == 413 and "at most 20 MB" in (await answer.json())["sentence"]

    async def endless() -> Any:
        for _ in range(400):
            yield bytes(64 * 1024)

    async with client.post("/api/photos", data=endless()) as answer:
        assert answer.status == 413


async def test_messages_that_cannot_be_taken_are_refused_in_a_sentence(
    client: aiohttp.ClientSession, avatar: Avatar
) -> None:
    status, code, sentence = await refused(client, text="x" * 4001)
    assert (status, code) == (400, "long") and "at most 4000 characters" in sentence
    assert (await refused(client, text=" \n "))[:2] == (400, "empty")
    assert (await refused(client, sender="nobody", chat="nobody"))[:2] == (400, "unknown")
    assert (await refused(client, chat="tom"))[:2] == (400, "unknown"), "nobody writes in another's private chat"
    assert (await refused(client, photos=["0" * 32 + ".png"]))[:2] == (400, "gone")
    assert (await refused(client, photos="no list"))[:2] == (400, "form")
    assert (await refused(client, text=7))[:2] == (400, "form")
    assert (await refused(client, nonce=""))[:2] == (400, "form")
    name = await upload(client, photo())
    assert (await refused(client, photos=[name] * 11))[:2] == (400, "many")
    async with client.post("/api/messages", data="[]", headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 400
    async with client.post("/api/messages", data="{", headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 400
    async with client.post("/api/messages", data="x=1") as answer:
        assert answer.status == 415
    async with client.post("/api/messages", json={"text": "x" * 100_000}) as answer:
        assert answer.status == 413
    assert avatar.messages == []
    await say(client, "x" * 4000)
    await say(client, "😀" * 4000)
    await say(client, "half \ud83d of a pair", nonce="h")
    assert avatar.texts[-1] == "half ? of a pair"


async def test_control_tokens_and_markup_are_just_text(client: aiohttp.ClientSession, avatar: Avatar) -> None:
    for text in ("<|im_end|>", "<script>alert(1)</script>", "'; DROP TABLE lines; --", "\u202eabc", "a\x00b"):
        await say(client, text)
    assert avatar.texts == ["<|im_end|>", "<script>alert(1)</script>", "'; DROP TABLE lines; --", "\u202eabc", "a\x00b"]


async def test_forget_deletes_what_that_person_wrote(client: aiohttp.ClientSession, web: WebAdapter) -> None:
    name = await upload(client, photo())
    await say(client, "secret", photos=[name])
    await web.send(MEI, "noted", "k")
    await say(client, "in the group", chat="#group", sender="mei")
    await say(client, "mine stays", chat="#group", sender="tom")
    async with stream(client) as socket:
        page = Page(socket)
        before = (await page.next("hello"))["erasures"]
        assert len(await page.lines()) == 4
        last = await say(client, "/forget")
        again = await page.next("hello")
        assert again["anew"] and again["erasures"] != before
        assert await page.lines() == ["mine stays", "/forget"]
    async with stream(client, since=last, erasures=before) as socket:
        assert await Page(socket).lines() == ["mine stays", "/forget"], "a page that was away begins anew, too"
    with pytest.raises(PermanentError):
        await web.fetch(name, MAX_BYTES)


async def test_the_transcript_outlives_a_restart_and_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "web"
    async with serving(folder, Avatar()) as web:
        await web.send(MEI, "still here", "k")
    async with serving(folder, Avatar()) as web:
        assert await web.delivered(MEI, "still here", "k", None)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.is_file()}
        assert set(modes.values()) == {0o600} and "transcript.sqlite" in modes, modes
    with pytest.raises(PassingError, match="not running"):
        await web.send(MEI, "too late", "k2")


async def test_a_page_that_knows_another_transcript_begins_anew(tmp_path: Path) -> None:
    async with serving(tmp_path / "one", Avatar()) as web:
        erasures = web._greet(0, 0)[0]["erasures"]
        assert not web._greet(1, erasures)[0]["anew"]
    async with serving(tmp_path / "two", Avatar()) as web:
        assert web._greet(1, erasures)[0]["anew"]


async def test_what_is_older_than_the_owner_keeps_is_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "web"
    async with serving(folder, Avatar()) as web:
        await web.send(MEI, "old", "k")
    expired = web_adapter(folder)
    expired._keep_days = 0
    task = asyncio.create_task(expired.run(Avatar()))
    await asyncio.sleep(0.2)
    assert await expired.delivered(MEI, "old", "k", None) is False
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_busy_port_is_said_with_its_number(web: WebAdapter, tmp_path: Path) -> None:
    port = int(web.url.split(":")[2].split("/")[0])
    with pytest.raises(PermanentError, match=rf"127\.0\.0\.1:{port}.*another program uses this port"):
        await web_adapter(tmp_path / "second", port).run(Avatar())
    elsewhere = web_adapter(tmp_path / "third")
    elsewhere._host = "192.0.2.1"
    with pytest.raises(PermanentError, match="does not have this address"):
        await elsewhere.run(Avatar())


async def test_a_damaged_transcript_is_said_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "transcript.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(PermanentError, match=r"transcript\.sqlite is damaged.*move it away"):
        await web_adapter(tmp_path).run(Avatar())


async def test_it_stops_at_once_though_pages_are_open(tmp_path: Path) -> None:
    async with serving(tmp_path, Avatar()) as web:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(web.url.partition("/#")[0], cookie_jar=jar) as session:
            await session.post("/api/session", json={"token": web.url.partition("=")[2]})
            async with stream(session) as socket:
                await Page(socket).next("lines")
                began = asyncio.get_running_loop().time()
                for task in asyncio.all_tasks():
                    if "WebAdapter.run" in repr(task.get_coro()):
                        task.cancel()
                async with asyncio.timeout(3):
                    message = await socket.receive()
                assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
                assert asyncio.get_running_loop().time() - began < 2
