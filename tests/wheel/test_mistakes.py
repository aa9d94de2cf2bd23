"""Mistakes in the settings of a new site: a system check with its id, never a traceback.

The tests of tests/checks change the settings of a process that runs; here it starts with them.
"""

import pytest

pytestmark = pytest.mark.wheel

MISTAKES = {
    "E001": 'ORG_FILES_ORGANIZATION_MODEL = "acme.Company"',
    "E005": 'ORG_FILES_FILE_MODEL = "org_files.Organization"',
    "E010": 'ORG_FILES = ["POLICY"]',
    "E011": 'ORG_FILES = {"POLICY": {"BACKEND": "acme.access.Policy"}}',
    "E012": 'STORAGES["org_files"] = {"BACKEND": "acme.storages.Vault"}',
    "E015": "USE_TZ = False",
    # With the command to type.
    "E013 jwt": """REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] += [
        "rest_framework_simplejwt.authentication.JWTAuthentication"]""",
    "E013 openapi": """REST_FRAMEWORK["DEFAULT_SCHEMA_CLASS"] = (
        "drf_spectacular.openapi.AutoSchema")""",
    "E013 s3": 'STORAGES["org_files"] = {"BACKEND": "storages.backends.s3.S3Storage"}',
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_in_the_settings__is_a_system_check(mistake, site):
    check, _, extra = mistake.partition(" ")

    with site.with_settings(MISTAKES[mistake]):
        said = site.manage("check", code=1)

    assert f"(org_files.{check})" in said
    assert not extra or f'pip install "django-org-files[{extra}]"' in said
    assert "Traceback" not in said
