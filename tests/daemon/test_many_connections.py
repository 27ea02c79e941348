"""More connections to the web chat than the process may have: it goes on, and its log stays small."""

import asyncio
import contextlib
import http.client
import resource
import sys
from pathlib import Path

import psutil
import pytest

from bot.people import Contact
from tests.daemon.process import EchoesProcess, make_workspace, until
from tests.standins.openai import ModelServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there can another process's limits be changed")


async def test_out_of_file_descriptors_it_goes_on_and_does_not_flood_its_log(tmp_path: Path) -> None:
    async with ModelServer() as model:
        config = {
            "model": {"server": {"url": model.url, "model": "nora"}, "lora": "none"},
            "platforms": {"web": {"port": 0}},
        }
        daemon = EchoesProcess(make_workspace(tmp_path / "nora", (Contact("anna", "Anna"),), config))
        await daemon.start()
        connections: list[asyncio.StreamWriter] = []
        try:
            await until(lambda: "The web chat: http://127.0.0.1:" in daemon.logged())
            port = int(daemon.logged().partition("The web chat: http://127.0.0.1:")[2].partition("/")[0])
            open_files = psutil.Process(daemon.pid).num_fds()
            _, hard = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (open_files + 5, hard))
            opened = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(60)))
            connections = [writer for _, writer in opened]
            await until(lambda: daemon.logged().count("socket.accept() out of system resource") >= 10)
            await asyncio.sleep(3)
            assert daemon.logged().count("socket.accept() out of system resource") == 10
            assert len(daemon.logged()) < 100_000
            resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (hard, hard))
            for writer in connections:
                writer.close()
            await until(lambda: answers(port))
        finally:
            for writer in connections:
                writer.close()
            await daemon.stop()


def answers(port: int) -> bool:
    """Whether the page is served again."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    with contextlib.closing(connection), contextlib.suppress(OSError):
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    return False
