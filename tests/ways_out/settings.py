"""Settings: the example site, whose links answer with their content."""

# ruff: noqa: F403, F405

from tests.live.settings import *

ORG_FILES |= {"LINK_LANDING": False}
