"""A proxy that cuts connections at random bytes: `with CuttingProxy(site.port, every) as proxy`."""

import random
import socket
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Lock, Thread

from tests.servers.process import free_port


class CuttingProxy:
    """Passes on what arrives, and cuts a connection after random numbers of bytes.

    Args:
        port: of the server behind it, on this machine.
        every: bytes between two cuts, at most, in both directions together.
        cuts: after so many, nothing is cut any more.
        seed: of the random numbers.

    ``made`` is the number of cuts, ``received`` that of bytes that clients have sent.
    """

    def __init__(self, port, every, cuts=10, seed=17):
        self.port, self.every, self.cuts = port, every, cuts
        self.made = self.received = 0
        self._random = random.Random(seed)
        self._lock = Lock()
        self._left = self._random.randint(1, every)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        proxy = self

        class Handler(BaseRequestHandler):
            def handle(self):
                with socket.create_connection(("127.0.0.1", proxy.port)) as server:
                    ends = (self.request, server)
                    back = Thread(target=proxy.pump, args=(*reversed(ends), False))
                    back.start()
                    proxy.pump(*ends, True)
                    back.join()

        class Server(ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True
            # Little is on its way, and lost, when a connection is cut.
            request_queue_size = 64

            def server_bind(self):
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 128 * 1024)
                super().server_bind()

        self.server = Server(("127.0.0.1", free_port()), Handler)
        self.thread = Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def pump(self, source, target, is_sent):
        with suppress(OSError):
            while block := source.recv(64 * 1024):
                passed = self._take(len(block), is_sent)
                target.sendall(block[:passed])
                if passed < len(block):
                    for end in (target, source):
                        end.shutdown(socket.SHUT_RDWR)
                    return
            target.shutdown(socket.SHUT_WR)

    def _take(self, size, is_sent):
        """Return how many of ``size`` bytes pass before the next cut."""
        with self._lock:
            self.received += size if is_sent else 0
            if self.made >= self.cuts or size <= self._left:
                self._left -= size
                return size
            passed = self._left
            self.made += 1
            self._left = self._random.randint(1, self.every)
            return passed
