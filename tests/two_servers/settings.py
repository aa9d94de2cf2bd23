"""Settings: the example site with small limits."""

# ruff: noqa: F403, F405

from tests.live.settings import *

REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] |= {"org_files_login": "20/min"}
ORG_FILES |= {"QUOTA_FILES": 12, "LINK_LANDING": False}
