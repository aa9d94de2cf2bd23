"""The example site, with rivals beside its views."""

import os

from example.settings import *  # noqa: F403
from example.settings import ORG_FILES

ROOT_URLCONF = "benchmarks.urls"

if os.environ.get("BENCHMARK_COUNTERS") == "none":
    ORG_FILES = {**ORG_FILES, "COUNTERS": {"BACKEND": "benchmarks.counters.NoCounters"}}
