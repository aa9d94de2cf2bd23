"""A load generator: python -m benchmarks.client URL --clients N --seconds S [--header H ...]

Each client keeps one connection open and asks again as soon as it has the whole answer. Prints
JSON. In a process of its own, so that it takes no turns from the one that measures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Load:
    """Load on a server: the request to repeat, and the times of its answers."""

    host: str
    port: int
    request: bytes
    deadline: float
    times: list[float] = field(default_factory=list)
    errors: int = 0

    async def client(self) -> None:
        """Ask until the time is up, at least once, over connections that the server keeps."""
        has_asked = False
        while not has_asked or time.perf_counter() < self.deadline:
            reader, writer = await asyncio.open_connection(self.host, self.port)
            try:
                while not has_asked or time.perf_counter() < self.deadline:
                    has_asked = True
                    began = time.perf_counter()
                    writer.write(self.request)
                    if not await self._answered(reader):
                        break
                    self.times.append(time.perf_counter() - began)
            except (asyncio.IncompleteReadError, ConnectionError):
                self.errors += 1
            finally:
                writer.close()

    async def _answered(self, reader: asyncio.StreamReader) -> bool:
        """Read one answer; return whether the connection is good for another one."""
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            self.errors += 1
            return False
        await reader.readexactly(int(head.partition(b"content-length:")[2].split(None, 1)[0]))
        return b"connection: close" not in head

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
    url = urlsplit(options.url)
    path = f"{url.path}?{url.query}" if url.query else url.path
    head = "".join(
        f"{line}\r\n" for line in (f"GET {path} HTTP/1.1", f"Host: {url.netloc}", *options.header)
    )
    began = time.perf_counter()
    load = Load(
        url.hostname or "",
        url.port or 80,
        f"{head}\r\n".encode(),
        began + options.seconds,
    )
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
