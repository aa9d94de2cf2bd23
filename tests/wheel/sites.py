"""A site made outside the repository by what the README says, in an environment of its own."""

from contextlib import contextmanager

import httpx

from tests.docs.blocks import ROOT, blocks_of
from tests.servers.process import ServerProcess, private_folder


class NewSite:
    """`django-admin startproject` in ``folder``, and the README's two blocks of code."""

    def __init__(self, environment, folder):
        self.environment = environment
        self.folder = folder
        self.settings = folder / "mysite" / "settings.py"
        self.run("django-admin", "startproject", "mysite", ".")
        blocks = [b for b in blocks_of(ROOT / "README.md") if b.language == "python"]
        self.settings.write_text(f"{self.settings.read_text()}\n{blocks[0].text}", encoding="utf-8")
        (folder / "mysite" / "urls.py").write_text(blocks[1].text, encoding="utf-8")

    @contextmanager
    def with_settings(self, text):
        """Have ``text`` at the end of the settings until the ``with`` block ends."""
        before = self.settings.read_text(encoding="utf-8")
        self.settings.write_text(f"{before}\n{text}\n", encoding="utf-8")
        try:
            yield
        finally:
            self.settings.write_text(before, encoding="utf-8")

    def run(self, program, *arguments, code=0, stdin=""):
        """Run a program of the environment in the site's folder; return what it wrote."""
        return self.environment.run(program, *arguments, cwd=self.folder, code=code, stdin=stdin)

    def manage(self, *arguments, code=0, stdin=""):
        """Run a management command; return what it wrote."""
        return self.run("python", "manage.py", *arguments, code=code, stdin=stdin)


class RunServer(ServerProcess):
    """`manage.py runserver` of a site, on a port of its own, until the ``with`` block ends."""

    def __init__(self, site):
        super().__init__()
        self.site = site

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def make_folder(self):
        return private_folder("runserver-")

    def working_folder(self):
        return self.site.folder

    def environment(self):
        return self.site.environment.variables()

    def command(self):
        python = str(self.site.environment.python)
        return [python, "manage.py", "runserver", "--noreload", f"127.0.0.1:{self.port}"]

    def is_ready(self):
        return "CONTROL-C" in self.output()

    def client(self):
        """A client of this server that keeps cookies and hears of no proxy."""
        return httpx.Client(base_url=self.url, trust_env=False, timeout=30)
