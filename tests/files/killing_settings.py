"""The example site, which dies at the step of an upload that the file KILL_STEP_FILE names."""

# ruff: noqa: F403, F405

import os

from example.settings import *

LOGGING = LOGGING | {
    "handlers": LOGGING["handlers"]
    | {"killer": {"()": "tests.victims.DieAtStepInFile", "path": os.environ["KILL_STEP_FILE"]}},
    "loggers": LOGGING["loggers"]
    | {"org_files.files": {"level": "DEBUG", "handlers": ["killer"], "propagate": False}},
}
