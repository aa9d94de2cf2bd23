"""What somebody sees who sets up a site wrongly: a system check with its id, never a traceback.

The tests of tests/checks change the settings of a process that runs; here it starts with them.
"""

from pathlib import Path

import pytest

from tests.wheel.environment import Environment
from tests.wheel.sites import NewSite

pytestmark = pytest.mark.wheel

MISSING_EXTRAS = {
    "jwt": """REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] += [
        "rest_framework_simplejwt.authentication.JWTAuthentication"]""",
    "openapi": 'REST_FRAMEWORK["DEFAULT_SCHEMA_CLASS"] = "drf_spectacular.openapi.AutoSchema"',
    "s3": 'STORAGES["org_files"] = {"BACKEND": "storages.backends.s3.S3Storage"}',
}

MISTAKES = {
    "E001-absent": 'ORG_FILES_ORGANIZATION_MODEL = "acme.Company"',
    "E005": 'ORG_FILES_FILE_MODEL = "org_files.Organization"',
    "E010-kind": 'ORG_FILES = ["POLICY"]',
    "E011-policy": 'ORG_FILES = {"POLICY": {"BACKEND": "acme.access.Policy"}}',
    "E012-backend": 'STORAGES["org_files"] = {"BACKEND": "acme.storages.Vault"}',
    "E015": "USE_TZ = False",
}


@pytest.fixture
def site(bare_environment: Environment, tmp_path: Path) -> NewSite:
    return NewSite(bare_environment, tmp_path)


@pytest.mark.parametrize("extra", MISSING_EXTRAS)
def test_missing_extra__is_e013_with_the_command_to_type(extra: str, site: NewSite) -> None:
    site.add_settings(MISSING_EXTRAS[extra])

    said = site.manage("check", code=1)

    assert "(org_files.E013)" in said
    assert f'pip install "django-org-files[{extra}]"' in said
    assert "Traceback" not in said


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_in_the_settings__is_a_system_check(mistake: str, site: NewSite) -> None:
    site.add_settings(MISTAKES[mistake])

    said = site.manage("check", code=1)

    assert f"(org_files.{mistake.partition('-')[0]})" in said
    assert "Traceback" not in said
