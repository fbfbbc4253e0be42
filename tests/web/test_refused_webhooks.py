"""What is refused by the thousand leaves nothing behind in a served process: no memory, and no row."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from bot.web.webhooks import LARGEST

from .conftest import SECRET
from .test_serve import client, lines_until, process
from .test_webhooks import ISSUE, PATH, headers_for

CONNECTIONS = 16
NESTED = b'{"a": ' + b"[" * 20_000
GROWTH = 1024 * 1024
"""Bytes. A hundred a request would be more, and are less than any request holds on to while it is there."""


def request(headers: dict[str, str], body: bytes = b"") -> bytes:
    given = {"Host": "127.0.0.1", "Content-Length": str(len(body))} | headers
    lines = [f"POST {PATH} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


REFUSED = {
    "a wrong signature": (401, request(headers_for(b"another body"), ISSUE)),
    "too large, as it says": (413, request(headers_for(b"") | {"Content-Length": str(LARGEST + 1)})),
    "nested beyond sense": (400, request(headers_for(NESTED), NESTED)),
}


async def refused(address: tuple[str, int], sent: bytes, times: int) -> set[int]:
    """The statuses that so many requests met, over connections that are used again where the server lets them."""

    async def connection(count: int) -> set[int]:
        reader, writer = await asyncio.open_connection(*address)
        met = set[int]()
        for _ in range(count):
            if writer.is_closing() or reader.at_eof():
                reader, writer = await asyncio.open_connection(*address)
            writer.write(sent)
            head = await reader.readuntil(b"\r\n\r\n")
            met.add(int(head[9:12]))
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]))
            if b"connection: close" in head.lower():
                writer.close()
        writer.close()
        return met

    found = await asyncio.gather(*(connection(times // CONNECTIONS) for _ in range(CONNECTIONS)))
    return set[int]().union(*found)


def test_ten_thousand_refusals_leave_no_memory_behind(tmp_path: Path) -> None:
    with process(tmp_path, PHASEBOT_WEBHOOK_SECRET=SECRET, PHASEBOT_LOG_LEVEL="error") as server:
        with client(lines_until(server, "webhooks")) as http:
            where = urlsplit(str(http.base_url))
        address, memory = (where.hostname or "", where.port or 0), psutil.Process(server.pid)

        asyncio.run(refuse_all(address, 640))
        before = memory.memory_info().rss
        asyncio.run(refuse_all(address, 3_344))

        assert memory.memory_info().rss - before < GROWTH
    with closing(sqlite3.connect(tmp_path / "phasebot.db")) as database:
        assert database.execute("SELECT count(*) FROM inbox").fetchone() == (0,)


async def refuse_all(address: tuple[str, int], times: int) -> None:
    """Each kind so many times."""
    for status, sent in REFUSED.values():
        assert await refused(address, sent, times) == {status}
