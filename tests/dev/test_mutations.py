"""Deliberate faults fit the source."""

import pytest

from tests.mutations.__main__ import ROOT, changed_text, faults

pytestmark = pytest.mark.sweep


def test_faults__are_found_once_in_the_source():
    found = list(faults())
    assert len(found) > 100
    for fault in found:
        assert changed_text(fault, ROOT)
