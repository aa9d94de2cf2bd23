"""A virtual environment with the packages that `pip install` installs, and no others."""

import os
import subprocess
import sys

from dev import pinned

# What the tests' own environment says of Python, pytest and Django is no business of this one's.
OURS = ("DJANGO_", "PYTEST_", "PYTHON", "TEST_DATABASE", "DATABASE_URL", "TOX_", "VIRTUAL_ENV")
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")


class CommandFailed(AssertionError):
    """A command ended with another exit code; the message has all that it wrote."""


class Environment:
    """A virtual environment in ``folder``."""

    def __init__(self, folder):
        self.folder = folder
        self.scripts = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.scripts / "python"

    def make(self):
        """Make the environment, with pip in it and nothing else."""
        subprocess.run([sys.executable, "-m", "venv", self.folder], check=True)
        return self

    def install(self, requirement):
        """Install the versions of constraints.txt from the index that pip is configured for."""
        self.run("python", *PIP, "install", "--quiet", str(requirement))

    def installed(self):
        """Return the normalized names of the distributions in the environment."""
        lines = self.run("python", *PIP, "list", "--format=freeze").splitlines()
        return {line.partition("==")[0].lower().replace("_", "-") for line in lines}

    def variables(self):
        """Return what a new terminal has once the environment is activated."""
        kept = {name: value for name, value in pinned().items() if not name.startswith(OURS)}
        path = os.pathsep.join((str(self.scripts), os.environ.get("PATH", os.defpath)))
        return kept | {"VIRTUAL_ENV": str(self.folder), "PATH": path, "PYTHONUNBUFFERED": "1"}

    def run(
        self,
        program,
        *arguments,
        cwd=None,
        code=0,
        stdin="",
    ):
        """Run a program of the environment, such as ``python``; return what it wrote, errors too.

        Args:
            cwd: the folder to be in; by default the environment's, which is outside the repository.
            code: the exit code that it must end with, or :class:`CommandFailed` is raised.
        """
        ran = subprocess.run(
            [self.scripts / program, *arguments],
            cwd=cwd or self.folder,
            env=self.variables(),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if ran.returncode != code:
            command = " ".join((program, *map(str, arguments)))
            raise CommandFailed(f"$ {command}\nended with {ran.returncode}:\n{ran.stdout}")
        return ran.stdout
