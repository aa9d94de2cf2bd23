"""What the tests of pictures start from."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

import pytest

from org_files.exceptions import NotAPicture
from org_files.renditions import ScaledPicture, services
from org_files.renditions.decoder import Job, decode
from org_files.renditions.worker import BROKEN


@pytest.fixture
def only_in_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting a process fails the test."""
    monkeypatch.setattr(services, "decode_in_child", _refuse("a process was started"))


@pytest.fixture
def only_in_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding in this process fails the test."""
    monkeypatch.setattr(services, "decode_in_worker", _refuse("decoded in the worker"))


@pytest.fixture
def all_in_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be decoded in a process of its own is decoded here, by the same function."""

    def decode_here(stream: IO[bytes], job: Job) -> list[ScaledPicture]:
        try:
            return [services._picture(encoded) for encoded in decode(stream, job)]
        except BROKEN as error:
            raise NotAPicture from error

    monkeypatch.setattr(services, "decode_in_child", decode_here)


def _refuse(what: str) -> Callable[..., Any]:
    def refuse(*args: object) -> None:
        raise AssertionError(what)

    return refuse
