"""The example site, with rivals beside its views."""

import json
import os
from pathlib import Path

from example.settings import *  # noqa: F403
from example.settings import DATABASES, INSTALLED_APPS, MEDIA_ROOT, MIDDLEWARE, ORG_FILES

from benchmarks.packages import installed_apps

ROOT_URLCONF = "benchmarks.urls"

# Answers are measured as the views make them.
MIDDLEWARE = [name for name in MIDDLEWARE if not name.endswith("GZipMiddleware")]

if os.environ.get("BENCHMARK_COUNTERS") == "none":
    ORG_FILES = {**ORG_FILES, "COUNTERS": {"BACKEND": "benchmarks.counters.NoCounters"}}

DATABASES["default"] |= json.loads(os.environ.get("BENCHMARK_DATABASE", "{}"))

if os.environ.get("BENCHMARK_PACKAGES"):
    INSTALLED_APPS = [*INSTALLED_APPS, *installed_apps()]
    DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
    PRIVATE_STORAGE_ROOT = Path(MEDIA_ROOT, "private")
    PRIVATE_STORAGE_AUTH_FUNCTION = "private_storage.permissions.allow_authenticated"
    FILER_ENABLE_PERMISSIONS = True
    WAGTAIL_SITE_NAME = "Benchmarks"
    WAGTAILADMIN_BASE_URL = "http://127.0.0.1"
