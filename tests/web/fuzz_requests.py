"""Requests that no browser sends, over raw sockets: none may bring the web chat to a 5xx or a traceback.

python -m tests.web.fuzz_requests --count 20000 --seed 1
"""

import argparse
import asyncio
import json
import logging
import random
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from adapters.web.adapter import WebAdapter
from tests.web.stage import TOKEN, Avatar, photo, serving

NO_ANSWER = "no answer"
_PATIENCE = 0.3  # seconds for an answer: what is half sent gets none
_AT_ONCE = 20
_BYTES = (b"\xff", b"\0", b"\r\n", b"\n", b" ", b"%00", b"%ff", b"../", b'"', b"{", b"\xed\xa0\xbd", b"9" * 5000)
_HEADERS = (
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Content-Encoding: gzip",
    b"Content-Encoding: deflate", b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 99999999999999999999",
    b"Expect: 100-continue", b"Expect: the unexpected", b"Upgrade: websocket", b"Connection: Upgrade", b"Host:",
    b"Connection: keep-alive, close", b"Range: bytes=5-1", b"If-None-Match: *", b"Origin: null", b"Origin: \xff",
    b"Cookie: \xff=\xff", b'Cookie: a="', b"Content-Type: application/json; charset=\xff",
    b"Content-Type: application/json; charset=nonsense", b"Content-Type: multipart/form-data", b"X: " + b"x" * 9000,
    b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99", b"Sec-WebSocket-Version: 7",
    b"Sec-WebSocket-Protocol: \xff", b": nameless", b"folded\r\n line: x",
)  # fmt: skip
_BODIES = (
    b"[" * 60_000, b'{"text":' * 20_000, b'{"token": "\\ud83d"}', b"\xff\xfe", b"null", b"1e999", b"9" * 5000,
    b'{"chat": "mei", "sender": "mei", "text": "\\u0000", "nonce": "\\udfff"}', b"NaN", b'{"photos": [[[]]]}',
    b"5\r\n{}\r\n0\r\n\r\n", b"zz\r\n{}", b"ffffffffffffffff\r\n{}", b"\xff\xd8\xff" + bytes(100),
    b"DDS " + (124).to_bytes(4, "little") + bytes(120),
)  # fmt: skip


class Client:
    """Sends what it likes to the web chat."""

    def __init__(self, web: WebAdapter, rng: random.Random) -> None:
        self.rng = rng
        self.host, _, port = web.url.partition("/#")[0].removeprefix("http://").partition(":")
        self.port = int(port)
        self.cookie = b""

    async def open(self) -> None:
        """Exchanges the token for the session's cookie."""
        answer = await self.send(self._request(b"POST", b"/api/session", json.dumps({"token": TOKEN}).encode()))
        [line] = [line for line in answer.split(b"\r\n") if line.lower().startswith(b"set-cookie:")]
        self.cookie = line.partition(b":")[2].strip().partition(b";")[0]

    async def say(self, text: str) -> bytes:
        """Sends a good message; returns the answer."""
        message = {"chat": "mei", "sender": "mei", "text": text, "photos": [], "nonce": text}
        return await self.send(self._request(b"POST", b"/api/messages", json.dumps(message).encode()), patience=10)

    async def send(self, data: bytes, after: bytes = b"", patience: float = 5) -> bytes:
        """What comes back on a connection of its own; `after` is sent once something did."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        answer = b""
        with suppress(ConnectionError, TimeoutError):
            writer.write(data)
            async with asyncio.timeout(patience):
                await writer.drain()
                answer = await reader.read(65_536)
                if after:
                    writer.write(after)
                    await writer.drain()
                    while await reader.read(65_536):
                        pass
        writer.transport.abort()
        return answer

    def strange(self) -> tuple[bytes, bytes]:
        """A request that was nearly right, and frames for after it."""
        rng = self.rng
        method, path, body = rng.choice(
            (
                (b"GET", b"/", b""),
                (b"GET", b"/app.js", b""),
                (b"GET", b"/api/session", b""),
                (b"GET", b"/api/photos/00000000000000000000000000000000.png", b""),
                (b"GET", b"/api/stream?since=1&erasures=2", b""),
                (b"POST", b"/api/session", json.dumps({"token": TOKEN}).encode()),
                (b"POST", b"/api/messages", json.dumps({"chat": "mei", "sender": "mei", "text": "hi"}).encode()),
                (b"POST", b"/api/reactions", b'{"chat": "mei", "sender": "mei", "line": 1, "emoji": ""}'),
                (b"POST", b"/api/photos", photo()),
            )
        )
        if rng.random() < 0.3:
            body = rng.choice(_BODIES)
        if path == b"/api/photos" and rng.random() < 0.5:
            body = _flipped(rng, body)
        more = [rng.choice(_HEADERS) for _ in range(rng.choice((0, 0, 1, 2)))]
        frames = b""
        if path.startswith(b"/api/stream"):
            more += [b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Version: 13",
                     b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"Sec-WebSocket-Extensions: permessage-deflate",
                     b"Origin: http://%s:%d" % (self.host.encode(), self.port)]  # fmt: skip
            masked = b"\x81\xfe\xff\xff" + bytes(70_000)
            frames = rng.choice((rng.randbytes(200), rng.randbytes(7), masked, b"\xc1\x85"))
        request = bytearray(self._request(method, path, body, more, with_cookie=rng.random() < 0.7))
        for _ in range(rng.choice((0, 0, 1, 2))):
            place = rng.randrange(max(1, len(request) - len(body)))  # in the head
            kind = rng.randrange(4)
            if kind == 0:
                request[place] = rng.randrange(256)
            elif kind == 1:
                request[place:place] = rng.choice(_BYTES)
            elif kind == 2:
                del request[place : place + rng.randrange(1, 30)]
            else:
                request += rng.randbytes(20)
        return bytes(request), frames

    def _request(
        self, method: bytes, path: bytes, body: bytes, more: Iterable[bytes] = (), with_cookie: bool = True
    ) -> bytes:
        head = [b"%s %s HTTP/1.1" % (method, path), b"Host: %s:%d" % (self.host.encode(), self.port)]
        if body:
            kind = b"application/octet-stream" if path.endswith(b"photos") else b"application/json"
            head += [b"Content-Type: " + kind, b"Content-Length: %d" % len(body)]
        if with_cookie and self.cookie:
            head.append(b"Cookie: " + self.cookie)
        return b"\r\n".join([*head, *more, b"", body])


async def statuses(client: Client, count: int) -> Counter[str]:
    """Sends so many strange requests; counts the statuses that came back."""
    found: Counter[str] = Counter()
    left = iter(range(count))

    async def work() -> None:
        for _ in left:
            request, frames = client.strange()
            answer = await client.send(request, frames, _PATIENCE)
            found[answer[9:12].decode("latin-1") if answer.startswith(b"HTTP/1.") else NO_ANSWER] += 1

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
    return found


def _flipped(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 10)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


async def _main(count: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with serving(Path(folder), Avatar()) as web:
            client = Client(web, random.Random(seed))
            await client.open()
            for status, number in (await statuses(client, count)).most_common():
                print(f"{number:7}  {status}")
            print((await client.say("still there?")).partition(b"\r\n")[0].decode())


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    asyncio.run(_main(args.count, args.seed))
