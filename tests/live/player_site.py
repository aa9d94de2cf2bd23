"""Settings: the example site with a page for a browser."""

# ruff: noqa: F403

from example.settings import *

ROOT_URLCONF = "tests.live.player_urls"

# With types that can hold a script, which are never shown in place all the same.
ORG_FILES |= {  # noqa: F405
    "INLINE_TYPES": ["audio/*", "video/*", "text/html", "image/*"]
}
