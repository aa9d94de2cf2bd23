"""Every check says what to write instead."""

import pytest
from django.core.checks import run_checks

NO_ORGANIZATION = "{'BACKEND': 'org_files.accounts.registration.NoOrganization'}"


@pytest.mark.parametrize(
    ("org_files", "hint"),
    [
        ([], "ORG_FILES = {}"),
        ({"MAX_FILE_SIZE": "5"}, 'ORG_FILES["MAX_FILE_SIZE"] = None'),
        ({"ALLOWED_TYPES": "image/png"}, 'ORG_FILES["ALLOWED_TYPES"] = None'),
        ({"HEIGHTS": "200"}, 'ORG_FILES["HEIGHTS"] = (200, 400)'),
        (
            {"TASKS": "org_files.queues.CeleryQueue"},
            "ORG_FILES[\"TASKS\"] = {'BACKEND': 'org_files.queues.NoQueue'}",
        ),
        ({"ORGANIZATION_CREATION": "no"}, "ORG_FILES[\"ORGANIZATION_CREATION\"] = 'anyone'"),
        ({"DEFAULT_TIER": 3}, 'ORG_FILES["DEFAULT_TIER"] = None'),
        ({"BROWSABLE_API": "no"}, 'ORG_FILES["BROWSABLE_API"] = True'),
        ({"PROFILE_FIELDS": "phone"}, 'ORG_FILES["PROFILE_FIELDS"] = ()'),
        (
            {"POLICY": "org_files.access.OpenPolicy"},
            "ORG_FILES[\"POLICY\"] = {'BACKEND': 'org_files.access.OrganizationPolicy'}",
        ),
        (
            {"REGISTRATION": {"BACKEND": "nowhere.Thing"}},
            f'ORG_FILES["REGISTRATION"] = {NO_ORGANIZATION}',
        ),
        (
            {"FILE_SERIALIZER": "nowhere.Thing"},
            "ORG_FILES[\"FILE_SERIALIZER\"] = 'org_files.rest.serializers.FileSerializer'",
        ),
    ],
)
def test_setting_that_cannot_be_used__comes_with_a_line_that_works(settings, org_files, hint):
    settings.ORG_FILES = org_files

    [error] = run_checks(tags=["org_files"])

    assert error.hint == hint
