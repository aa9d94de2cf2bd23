"""Fixtures for tests of commands."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from org_files import counters
from org_files.models import AbstractFile
from org_files.testing.factories import make_stored_file

if os.environ.get("TEST_DATABASE") != "postgresql":
    collect_ignore = ["test_trigram_indexes.py"]


@pytest.fixture
def file(db: None, settings: Any) -> AbstractFile:
    """A file with three downloads, none of them folded."""
    backend = "org_files.counters.LedgerCounters"
    settings.ORG_FILES = {"COUNTERS": {"BACKEND": backend, "OPTIONS": {"fold_every": 0}}}
    file = make_stored_file()
    for _ in range(3):
        counters.record_download(file=file)
    return file


@pytest.fixture
def run(django_capture_on_commit_callbacks: Any) -> Callable[..., tuple[int, str]]:
    """Run a command; return its exit status and its output."""

    def run(*arguments: str, **options: Any) -> tuple[int, str]:
        written = StringIO()
        status = 0
        with django_capture_on_commit_callbacks(execute=True):
            try:
                call_command(*arguments, stdout=written, no_color=True, **options)
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 1
        return status, written.getvalue()

    return run
