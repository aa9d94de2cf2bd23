"""Celery for the example project: `with CeleryProcess(site, "worker") as worker: ...`."""

import sys

from tests.servers.process import ServerProcess, private_folder
from tests.servers.site import EXAMPLE_PROJECT

#: What each of them writes once it does its work.
READY = {"worker": "ready.", "beat": "beat: Starting"}


class CeleryProcess(ServerProcess):
    """A worker, or beat, of the site's tasks, in the site's environment.

    Args:
        site: one with CELERY_BROKER_URL. Its database has to be there.
        kind: "worker" or "beat".
    """

    def __init__(self, site, kind):
        super().__init__()
        self.site = site
        self.kind = kind

    def make_folder(self):
        return private_folder(f"celery-{self.kind}-")

    def working_folder(self):
        return EXAMPLE_PROJECT

    def environment(self):
        return self.site.environment()

    def command(self):
        options = {
            # There are no other workers to wait for.
            "worker": ["--concurrency", "1", "--without-mingle", "--without-gossip"],
            "beat": ["--schedule", f"{self.folder}/schedule", "--pidfile="],
        }[self.kind]
        return [sys.executable, "-m", "celery", "-A", "example", self.kind, *options]

    def end_process(self):
        # In order takes seconds, and no test needs the tasks that are left.
        if self.process is not None:
            self.kill()
            self.process = None

    def is_ready(self):
        return READY[self.kind] in self.output()
