"""The description of the API on every host. Run by tests/hosts/test_hosts.py."""

from pathlib import Path

import yaml
from drf_spectacular.generators import SchemaGenerator

GOLDEN = Path(__file__).parents[2] / "rest" / "openapi.yaml"


def test_openapi__has_the_paths_and_names_of_the_default_host():
    golden = yaml.safe_load(GOLDEN.read_text())
    schema = SchemaGenerator().get_schema(request=None, public=True)
    assert schema["paths"].keys() == golden["paths"].keys()
    assert schema["components"]["schemas"].keys() == golden["components"]["schemas"].keys()
    for path, operations in golden["paths"].items():
        for method, operation in operations.items():
            assert schema["paths"][path][method]["operationId"] == operation["operationId"]
