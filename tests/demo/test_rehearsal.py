"""What a rehearsal shows of a group can be read by somebody who knows nothing of probabilities."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.decision import Calibration
from bot.cli.rehearsal import Line, Rehearsal
from bot.conversation.avatar import Avatar
from bot.media import MediaStore
from bot.sampling import Sampling
from tests.conversation.stage import MEI, NORA, PEOPLE, ScriptedEngine, quick
from tests.support import byte_codec

DRAWN = Calibration(threshold=0.5, joining=0.5, drawn=True)


async def shown(folder: Path, calibration: Calibration, language: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What stands under the messages of a group."""
    media = MediaStore(folder)
    engine = ScriptedEngine(byte_codec(media))
    engine.probability = lambda prompt: 0.63
    persona = replace(NORA, language=language)
    avatar = Avatar(engine, persona, PEOPLE, calibration, Sampling(max_tokens=9), quick(stale_hours=720.0), media)
    async with Rehearsal(avatar) as rehearsal:
        await rehearsal.group("Climbers", [Line("Mei", MEI, f"number {number}") for number in range(12)])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if not line.startswith(("Mei: ", "Nora: "))]


async def test_a_silence_beside_a_high_probability_is_no_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    english = await shown(tmp_path, DRAWN, "en", capsys)
    assert set(english[1:]) == {
        "Nora answers (of 100 such messages it would answer 63)",
        "Nora stays silent (of 100 such messages it would answer 63)",
        "(first says that it is an AI that imitates Nora)",
    }
    chinese = await shown(tmp_path, DRAWN, "zh", capsys)
    assert "Nora没有说话（这样的消息，100 条里会回复 63 条）" in chinese
    assert "（先说明自己是模仿Nora的 AI）" in chinese


async def test_where_chance_has_no_part_nothing_is_said_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Nora answers" in await shown(tmp_path, Calibration(), "en", capsys)
