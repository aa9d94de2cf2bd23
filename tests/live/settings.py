"""Settings: the example site with passwords that are checked quickly, and pages for a browser."""

# ruff: noqa: F403, F405

import os

from example.settings import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# No worker takes the tasks of another site.
CELERY_TASK_DEFAULT_QUEUE = os.environ["LOG_DIR"]

ROOT_URLCONF = "tests.live.urls"

# Browsers get a page before what a link shares. Types that can hold a script are never shown in
# place all the same.
ORG_FILES |= {"LINK_LANDING": True}
ORG_FILES |= {"INLINE_TYPES": ["audio/*", "video/*", "text/html", "image/*"]}
