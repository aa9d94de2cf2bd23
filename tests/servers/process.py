"""A server process of our own: in a temporary folder, on a free port, stopped by its id."""

import atexit
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path


class ServerMissing(Exception):
    """A server is not installed; the message says how to install it."""


class ServerFailed(Exception):
    """A server did not start; the message ends with what it wrote."""


def free_port():
    """Return a port without a listener, below those that systems give to outgoing connections."""
    while True:
        # Not by `random`, whose seed all workers of a test run share.
        port = 10_000 + secrets.randbelow(20_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def is_root():
    return os.name == "posix" and os.geteuid() == 0


def private_folder(prefix, *, for_nobody=False):
    """A new temporary folder; `for_nobody` hands it to the user nobody where we are root."""
    parent = Path(tempfile.gettempdir())
    hand_over = for_nobody and is_root()
    if hand_over and not all(path.stat().st_mode & 0o001 for path in (parent, *parent.parents)):
        parent = Path("/var/tmp")
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    if hand_over:
        shutil.chown(folder, "nobody", "nogroup")
    return folder


def as_nobody(command, *, signal_if_orphaned=""):
    """`command`, run as nobody where we are root, because database servers refuse to run as root.

    `signal_if_orphaned` is what the kernel sends it when this process dies without stopping it.
    """
    prefix = ["setpriv"]
    # The kernel watches the thread that started the process, and only the main one lasts.
    if signal_if_orphaned and threading.current_thread() is threading.main_thread():
        prefix += ["--pdeathsig", signal_if_orphaned]
    if is_root():
        prefix += ["--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    wanted = len(prefix) > 1 and (is_root() or shutil.which("setpriv"))
    return [*(prefix if wanted else []), *(["--"] if wanted else []), *map(str, command)]


class ServerProcess(ABC):
    """Starts a process, waits until it is ready, and ends it in every case."""

    attempts = 3  # another process may take the free port before the server binds it
    start_timeout = 60.0  # seconds
    stop_signal = signal.SIGTERM
    stop_timeout = 20.0  # seconds

    def __init__(self):
        self.process = None
        self.port = 0
        self.folder = None
        self.owns_folder = True

    @abstractmethod
    def make_folder(self):
        """The folder of the server, ready for its first start."""

    @abstractmethod
    def command(self):
        """Return the command that serves on `self.port` with the data in `self.folder`."""

    @abstractmethod
    def is_ready(self):
        """Whether the running process answers."""

    @property
    def title(self):
        return type(self).__name__

    def environment(self):
        return None

    def working_folder(self):
        return self.folder

    @property
    def log(self):
        """The file of what the process writes."""
        assert self.folder is not None
        return self.folder / "output.log"

    @property
    def pid(self):
        assert self.process is not None
        return self.process.pid

    def start(self):
        atexit.register(self.stop)
        try:
            if self.folder is None:
                self.folder = self.make_folder()
            for _ in range(self.attempts - 1):
                with contextlib.suppress(ServerFailed):
                    self.launch()
                    return self
            self.launch()
        except BaseException:
            self.stop()
            raise
        return self

    def launch(self):
        self.port = free_port()
        with self.log.open("ab") as output:
            # A session of its own: Ctrl-C in the terminal must not end it before its clients.
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.working_folder(),
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + self.start_timeout
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.is_ready():
                return
            time.sleep(0.02)
        self.end_process()
        raise ServerFailed(f"{type(self).__name__} did not start:\n{self.output()[-4000:]}")

    def output(self):
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def end_process(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(self.stop_timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process = None

    def stop(self):
        """End the process in order and remove its folder. Repeating it does no harm."""
        try:
            self.end_process()
        finally:
            if self.folder is not None and self.owns_folder:
                shutil.rmtree(self.folder, ignore_errors=True)
                self.folder = None
            atexit.unregister(self.stop)

    def kill(self):
        """Kill the process and its children at once, as a power cut would; the folder stays."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.stop()
