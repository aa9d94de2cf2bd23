"""The OpenAPI description of a host, made by drf-spectacular's command."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = ("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json")


def schema_of(settings):
    """Return the description of the site with ``settings``, which must cause no warning."""
    run = subprocess.run(
        [sys.executable, "-m", "django", *COMMAND, "--settings", settings],
        cwd=ROOT,
        env=os.environ | {"TEST_DATABASE": "sqlite"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def without_package(schema, prefix):
    """Return ``schema`` without the paths under ``prefix`` and the package's components."""
    paths = {path: item for path, item in schema["paths"].items() if not path.startswith(prefix)}
    schemas = {
        name: component
        for name, component in schema["components"]["schemas"].items()
        if not name.startswith("OrgFiles")
    }
    return schema | {"paths": paths, "components": schema["components"] | {"schemas": schemas}}
