"""Which chat is in which slot."""

import asyncio

from bot.engine.llama.slots import Slots


async def test_a_chat_gets_its_slot_again_and_others_the_longest_unused() -> None:
    slots = Slots(3)
    seen = {}
    for chat in "abcad":
        async with slots.for_decision(chat) as slot:
            seen[chat] = (slot.number, slot.wanted)
    assert seen["b"] == (1, -1) and seen["c"] == (2, -1)
    assert seen["a"] == (0, 0), "the second time it was asked for"
    assert seen["d"] == (1, -1), "b's had been unused for longest"
    async with slots.for_decision("b") as slot:
        assert slot.wanted == -1, "it has none any more"


async def test_what_the_server_says_counts() -> None:
    slots = Slots(3)
    async with slots.for_decision("a") as slot:
        slots.settle(slot, 2, "a")
    async with slots.for_decision("b") as other, slots.for_decision("a") as slot:
        assert slot.wanted == 2
        assert other.number != 2


async def test_a_chat_that_asks_twice_at_once_has_two_and_goes_on_with_the_newer() -> None:
    slots = Slots(3)
    async with slots.for_reply("a") as first, slots.for_decision("a") as second:
        assert second.wanted == -1 and second.number != first.number
    async with slots.for_decision("a") as third:
        assert third.wanted == first.number


async def test_replies_leave_a_slot_to_decisions() -> None:
    slots, let_go = Slots(3), asyncio.Event()

    async def reply(chat: str) -> None:
        async with slots.for_reply(chat):
            await let_go.wait()

    replies = [asyncio.create_task(reply(str(number))) for number in range(9)]
    await asyncio.sleep(0)
    for chat in "xyz":
        async with asyncio.timeout(1), slots.for_decision(chat):
            pass
    let_go.set()
    await asyncio.gather(*replies)
    async with slots.for_decision("0"):
        pass


async def test_a_cancelled_request_gives_its_slot_back() -> None:
    slots = Slots(1)

    async def forever() -> None:
        async with slots.for_reply("a"):
            await asyncio.Event().wait()

    tasks = [asyncio.create_task(forever()) for _ in range(3)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(1), slots.for_decision("a") as slot:
        assert slot.wanted == 0
