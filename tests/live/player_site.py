"""Settings: the example site with a page for a browser."""

# ruff: noqa: F403

from example.settings import *

ROOT_URLCONF = "tests.live.player_urls"
