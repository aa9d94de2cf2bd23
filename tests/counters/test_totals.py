"""Totals as a site's own lists read them."""

from __future__ import annotations

from typing import Any

import pytest

from org_files import counters
from org_files.models import AbstractFile
from org_files.testing.counters import assert_exact
from tests.counters.conftest import DIRECT, LEDGER, use_backend

pytestmark = pytest.mark.django_db


def test_change_of_the_backend__keeps_every_total(settings: Any, file: AbstractFile) -> None:
    for position, path in enumerate((LEDGER, DIRECT, LEDGER, DIRECT), start=1):
        use_backend(settings, path)
        counters.record_download(file=file)
        assert_exact(file, position)
