"""A load generator: python -m benchmarks.client URL --clients N --seconds S [--header H ...]

Each client keeps its connection open, asks again as soon as it has the whole answer, and follows a
redirect without the headers. Prints JSON. In a process of its own, so that it takes no turns from
the one that measures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

#: Bytes read at once.
BLOCK_SIZE = 256 * 1024
#: Seconds after which a server may close a connection that nothing was asked on.
IDLE = 1.0


class Failed(Exception):
    """An answer that is none of a content."""


@dataclass
class Connection:
    """A connection to one server, good until it was idle or the server says so."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: float = field(default_factory=time.perf_counter)


@dataclass
class Load:
    """Load on a server: the request to repeat, and the times of its answers."""

    url: str
    headers: list[str]
    deadline: float
    times: list[float] = field(default_factory=list)
    errors: int = 0

    async def client(self) -> None:
        """Ask until the time is up, at least once, over connections that the server keeps."""
        connections: dict[str, Connection] = {}
        has_asked = False
        while not has_asked or time.perf_counter() < self.deadline:
            has_asked = True
            began = time.perf_counter()
            try:
                await self._download(connections, self.url, self.headers)
                self.times.append(time.perf_counter() - began)
            except (asyncio.IncompleteReadError, ConnectionError, Failed):
                self.errors += 1
                self._close(connections, *connections)
        self._close(connections, *connections)

    async def _download(
        self, connections: dict[str, Connection], address: str, headers: list[str]
    ) -> None:
        """Read one answer to its end, after a redirect that of the other server."""
        url = urlsplit(address)
        kept = connections.get(url.netloc)
        if kept is None or time.perf_counter() - kept.used > IDLE:
            self._close(connections, url.netloc)
            opened = await asyncio.open_connection(url.hostname, url.port or 80, limit=BLOCK_SIZE)
            kept = connections[url.netloc] = Connection(*opened)
        path = f"{url.path}?{url.query}" if url.query else url.path
        lines = (f"GET {path} HTTP/1.1", f"Host: {url.netloc}", *headers, "", "")
        kept.writer.write("\r\n".join(lines).encode())
        head = (await kept.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = head.split(" ", 2)[1]
        named = dict(line.split(": ", 1) for line in head.strip().split("\r\n")[1:])
        named = {name.lower(): value for name, value in named.items()}
        if status not in ("200", "302"):
            raise Failed(head)
        left = int(named["content-length"])
        while left:
            block = await kept.reader.read(min(left, BLOCK_SIZE))
            if not block:
                raise Failed(head)
            left -= len(block)
        kept.used = time.perf_counter()
        if named.get("connection", "").lower() == "close":
            self._close(connections, url.netloc)
        if status == "302":
            await self._download(connections, named["location"], [])

    @staticmethod
    def _close(connections: dict[str, Connection], *hosts: str) -> None:
        for host in hosts:
            if connection := connections.pop(host, None):
                connection.writer.close()

    async def run(self, clients: int) -> None:
        """Run so many clients at once."""
        await asyncio.gather(*(self.client() for _ in range(clients)))


def main() -> None:
    """Run the load that the command line describes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--header", action="append", default=[])
    options = parser.parse_args()
    began = time.perf_counter()
    load = Load(options.url, options.header, began + options.seconds)
    asyncio.run(load.run(options.clients))
    seconds = time.perf_counter() - began
    times = sorted(load.times)
    print(
        json.dumps(
            {
                "done": len(times),
                "seconds": seconds,
                "p99": times[int(len(times) * 0.99)] * 1000 if times else None,
                "errors": load.errors,
            }
        )
    )


if __name__ == "__main__":
    main()
