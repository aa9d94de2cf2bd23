"""Fixtures for the tests of renditions."""

import os

import pytest

from org_files.renditions import pool
from org_files.renditions.turns import Turns


@pytest.fixture(autouse=True)
def own_turns(monkeypatch):
    """Other processes on this machine take no turn of these tests."""
    monkeypatch.setattr(pool, "_turns", Turns(f"renditions-{os.getpid()}", 2))


@pytest.fixture
def no_idle_children():
    """A test starts its children, and leaves none to the next test."""
    pool._end_idle()
    yield
    pool._end_idle()
