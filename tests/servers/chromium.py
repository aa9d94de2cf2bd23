"""A browser without a window, in a profile of its own: `with Chromium(url): ...`."""

import json
import os
import shutil

from tests.servers.process import ServerMissing, ServerProcess, is_root, private_folder

NAMES = ("chromium", "chromium-browser", "google-chrome")

OPTIONS = (
    "--headless=new",
    "--no-first-run",
    "--no-proxy-server",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-sync",
    "--mute-audio",
    # There is no user to click.
    "--autoplay-policy=no-user-gesture-required",
)


class Chromium(ServerProcess):
    """Opens one page, and saves what is downloaded from it in `downloads`."""

    def __init__(self, url, *options):
        super().__init__()
        self.url = url
        self.options = options
        self.program = next(filter(None, map(shutil.which, NAMES)), None)

    @property
    def downloads(self):
        assert self.folder is not None
        return self.folder / "downloads"

    def make_folder(self):
        if self.program is None:
            raise ServerMissing("Chromium is not installed: apt-get install chromium")
        folder = private_folder("browser-")
        (folder / "downloads").mkdir()
        preferences = folder / "profile" / "Default" / "Preferences"
        preferences.parent.mkdir(parents=True)
        download = {"default_directory": str(folder / "downloads"), "prompt_for_download": False}
        # A page may start many downloads.
        content = {"default_content_setting_values": {"automatic_downloads": 1}}
        values = {"download": download, "profile": content}
        preferences.write_text(json.dumps(values), encoding="utf-8")
        return folder

    def environment(self):
        return os.environ | {"HOME": str(self.folder)}

    def command(self):
        # Its sandbox refuses to work for root.
        sandbox = ["--no-sandbox"] if is_root() else []
        profile = f"--user-data-dir={self.folder}/profile"
        return [str(self.program), *OPTIONS, *self.options, *sandbox, profile, self.url]

    def is_ready(self):
        """Whether there is a process; the page itself says when it has done its work."""
        return True
