"""What the library cannot read is left out alone; edits and deletions are told."""

from typing import Any

import pytest

from adapters.discord.adapter import DiscordAdapter
from bot.message import Attachment
from tests.discord.conftest import Box
from tests.discord.far_side import ME, FarSide
from tests.discord.test_wire import DM, running

POLL_WITHOUT_END: dict[str, Any] = {
    "poll": {
        "question": {"text": "tea?"},
        "answers": [{"answer_id": 1, "poll_media": {"text": "yes"}}],
        "expiry": None,
        "allow_multiselect": False,
        "layout_type": 1,
    }
}


async def test_a_poll_without_an_end_stops_nobody(adapter: DiscordAdapter, box: Box, far_side: FarSide) -> None:
    async with running(adapter, box, far_side) as task:
        await far_side.tell("vote please", **POLL_WITHOUT_END)
        await far_side.tell("and?", channel="501")
        await box.holds(3)
        assert box.texts == ["hello", "vote please", "and?"] and not task.done()


async def test_nor_does_it_when_it_is_caught_up_with(adapter: DiscordAdapter, box: Box, far_side: FarSide) -> None:
    box.newest[DM] = far_side.said("long ago")["id"]
    far_side.said("vote please", **POLL_WITHOUT_END)
    far_side.said("nobody could read this", author={"id": None}, mentions=None)
    far_side.said("are you there?")
    async with running(adapter, box, far_side):
        await box.holds(3)
        assert box.texts == ["vote please", "are you there?", "hello"]
        floor = adapter.floor(DM)
        far_side.said("again", **POLL_WITHOUT_END)
        arrived = far_side.said("sure", ME)
        assert await adapter.delivered(DM, "sure", "k", floor) == arrived["id"]


async def test_a_poll_is_a_poll(adapter: DiscordAdapter, box: Box, far_side: FarSide) -> None:
    poll = POLL_WITHOUT_END["poll"] | {"expiry": "2026-12-01T00:00:00+00:00"}
    async with running(adapter, box, far_side):
        await far_side.tell("", poll=poll)
        await box.holds(2)
        assert box.messages[-1].attachments == (Attachment("poll", words="tea?"),)


async def test_edits_and_deletions_are_told(adapter: DiscordAdapter, box: Box, far_side: FarSide) -> None:
    async with running(adapter, box, far_side):
        message = far_side.messages["500"][-1]
        await far_side.send("MESSAGE_UPDATE", message | {"content": "hello!", "edited_timestamp": message["timestamp"]})
        await far_side.send("MESSAGE_UPDATE", message | {"embeds": []})  # a link's preview: nobody edited anything
        await far_side.send("MESSAGE_DELETE", {"id": message["id"], "channel_id": "500"})
        await far_side.send("MESSAGE_DELETE_BULK", {"ids": ["7", "8"], "channel_id": "600", "guild_id": "6"})
        await far_side.tell("bye")
        await box.holds(2)
        assert [(one.id, one.text) for one in box.edits] == [(message["id"], "hello!")]
        assert sorted(box.gone) == [("discord:500", message["id"]), ("discord:600", "7"), ("discord:600", "8")]


async def test_of_two_alike_the_one_that_was_cut_off_is_in_question(
    adapter: DiscordAdapter, box: Box, far_side: FarSide
) -> None:
    async with running(adapter, box, far_side):
        await adapter.send(DM, "ok", "k1")
        floor = adapter.floor(DM)
        assert await adapter.delivered(DM, "ok", "k2", floor) is False
        second = far_side.said("ok", ME)
        assert await adapter.delivered(DM, "ok", "k2", floor) == second["id"]


async def test_of_a_text_in_pieces_those_that_arrived_are_not_sent_again(
    adapter: DiscordAdapter, box: Box, far_side: FarSide
) -> None:
    far_side.keeps_nonces = False
    text = "word " * 900
    async with running(adapter, box, far_side):
        floor = adapter.floor(DM)
        far_side.said(text[:2000].strip(), ME)
        assert await adapter.delivered(DM, text, "k", floor) is False
        await adapter.send(DM, text, "k")
        assert [len(one["content"]) for one in far_side.messages["500"] if one["author"] == ME] == [1999, 1999, 499]


@pytest.mark.parametrize("shown", ["sure,\n12?", " sure,  12? "])
async def test_spaces_that_discord_changed_do_not_hide_a_bubble(
    adapter: DiscordAdapter, box: Box, far_side: FarSide, shown: str
) -> None:
    async with running(adapter, box, far_side):
        floor = adapter.floor(DM)
        arrived = far_side.said(shown, ME)
        assert await adapter.delivered(DM, "sure, 12?", "k", floor) == arrived["id"]
