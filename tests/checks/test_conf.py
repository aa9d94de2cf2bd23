"""Values of ORG_FILES: which are accepted, and what they become."""

import pytest

from org_files import conf
from org_files.exceptions import ConfigurationError


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("MAX_FILE_SIZE", "10 MB"),
        ("MAX_FILE_SIZE", 0),
        ("MAX_FILE_SIZE", True),
        ("LINK_KEEP_DAYS", -1),
        ("TICKET_SECONDS", None),
        ("LINK_PREVIEW_AGENTS", "Slackbot"),
        ("LINK_PREVIEW_AGENTS", ["Slackbot", ""]),
        ("ALLOWED_TYPES", 7),
        ("INLINE_TYPES", ["png"]),
        ("STORE_OWNER", ""),
        ("HEIGHTS", None),
        ("HEIGHTS", [65_501]),
        ("ORGANIZATION_CREATION", "nobody"),
        ("DEFAULT_TIER", 3),
        ("BROWSABLE_API", "no"),
        ("BROWSABLE_API", 1),
        ("POLICY", "org_files.access.OpenPolicy"),
        ("POLICY", {"OPTIONS": {}}),
        ("POLICY", {"BACKEND": "org_files.access.OpenPolicy", "OPTION": {}}),
        ("POLICY", {"BACKEND": "org_files.access.OpenPolicy", "OPTIONS": []}),
    ],
)
def test_malformed_value__is_an_error_that_names_its_key(settings, key, value):
    settings.ORG_FILES = {key: value}

    with pytest.raises(ConfigurationError) as error:
        conf.SETTINGS[key]()
    assert str(error.value).startswith(f'ORG_FILES["{key}"] must be ')


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("LINK_KEEP_DAYS", 0, 0),
        ("LINK_KEEP_DAYS", None, None),
        ("LINK_PREVIEW_AGENTS", [], ()),
        ("TICKET_SECONDS", 1, 1),
        ("HEIGHTS", (800, 200, 200), [200, 800]),
        ("ALLOWED_TYPES", ["image/*"], ("image/*",)),
        ("POLICY", {"BACKEND": "a.B"}, conf.BackendSpec("a.B", {})),
    ],
)
def test_accepted_value__is_returned_in_its_type(settings, key, value, expected):
    settings.ORG_FILES = {key: value}

    assert conf.SETTINGS[key]() == expected


def test_defaults__are_accepted(settings):
    settings.ORG_FILES = {key: setting.default for key, setting in conf.SETTINGS.items()}
    given = {key: setting() for key, setting in conf.SETTINGS.items()}
    settings.ORG_FILES = {}

    assert given == {key: setting() for key, setting in conf.SETTINGS.items()}
