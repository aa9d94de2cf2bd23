"""Contracts over backends that break them."""

import unittest


def failures(contract, case, test, **attributes):
    """Run one test of ``contract`` over a backend; return how it failed, if it did."""
    trial = type("Trial", (contract, case), attributes)
    result = unittest.TestResult()
    unittest.TestSuite([trial(test)]).run(result)
    assert result.testsRun == 1, result.errors
    return [f"{part}\n{text}" for part, text in (*result.failures, *result.errors)]
