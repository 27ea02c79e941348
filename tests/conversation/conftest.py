from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conversation.stage import QUICK, Stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    stage = Stage(tmp_path, QUICK)
    yield stage
    await stage.close()
