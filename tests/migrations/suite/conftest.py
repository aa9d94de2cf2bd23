from collections.abc import Iterator
from functools import cache

import pytest
import sqlparse


@pytest.fixture(scope="session", autouse=True)
def _parse_once() -> Iterator[None]:
    """Parse each statement once: Django finds the constraints of SQLite's tables in their SQL."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlparse, "parse", cache(sqlparse.parse))
        yield
