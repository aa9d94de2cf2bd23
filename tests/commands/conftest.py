"""Fixtures for tests of commands."""

from io import StringIO

import pytest
from django.core.management import call_command

from org_files import counters
from org_files.testing.factories import make_stored_file


@pytest.fixture
def file(db, settings):
    """A file with three downloads, none of them folded."""
    backend = "org_files.counters.LedgerCounters"
    settings.ORG_FILES = {"COUNTERS": {"BACKEND": backend, "OPTIONS": {"fold_every": 0}}}
    file = make_stored_file()
    for _ in range(3):
        counters.record_download(file=file)
    return file


@pytest.fixture
def run(django_capture_on_commit_callbacks):
    """Run a command; return its exit status and its output."""

    def run(*arguments, **options):
        written = StringIO()
        status = 0
        with django_capture_on_commit_callbacks(execute=True):
            try:
                call_command(*arguments, stdout=written, no_color=True, **options)
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 1
        return status, written.getvalue()

    return run
