"""Contracts over backends that break them."""

from __future__ import annotations

import unittest
from typing import Any

from django.test import SimpleTestCase

from org_files.testing.contract import Contract


def failures(
    contract: type[Contract], case: type[SimpleTestCase], test: str, **attributes: Any
) -> list[str]:
    """Run one test of ``contract`` over a backend; return how it failed, if it did."""
    trial: Any = type("Trial", (contract, case), attributes)
    result = unittest.TestResult()
    unittest.TestSuite([trial(test)]).run(result)
    assert result.testsRun == 1, result.errors
    return [f"{part}\n{text}" for part, text in (*result.failures, *result.errors)]
