"""Settings: the example site with a small quota."""

# ruff: noqa: F403

from example.settings import *
from example.settings import ORG_FILES

ORG_FILES = {**ORG_FILES, "QUOTA_BYTES": 100_000}
