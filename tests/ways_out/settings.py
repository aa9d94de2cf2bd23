"""Settings: the example site with the delivery and the storage of a test."""

# ruff: noqa: F403, F405

import json
import os

from tests.live.settings import *

ORG_FILES |= {"LINK_LANDING": False, "DELIVERY": json.loads(os.environ["TEST_DELIVERY"])}
if "TEST_STORAGE" in os.environ:
    STORAGES |= {"org_files": json.loads(os.environ["TEST_STORAGE"])}
