"""Accessors of the two swappable models."""

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from org_files import get_file_model, get_organization_model
from org_files.models import AbstractFile, AbstractOrganization


@pytest.mark.parametrize(
    ("accessor", "setting", "base"),
    [
        (get_organization_model, "ORG_FILES_ORGANIZATION_MODEL", AbstractOrganization),
        (get_file_model, "ORG_FILES_FILE_MODEL", AbstractFile),
    ],
)
def test_accessor__follows_the_setting(settings, accessor, setting, base):
    assert issubclass(accessor(), base)
    assert accessor() is apps.get_model(getattr(settings, setting))

    setattr(settings, setting, "auth.Group")
    assert accessor() is apps.get_model("auth.Group")

    for label, said in (
        ("", f"{setting} must be of the form"),
        ("acme.sub.Company", f"{setting} must be of the form"),
        ("acme.Company", "acme.Company.*not installed"),
        ("org_files.Company", "org_files.Company.*not installed"),
    ):
        setattr(settings, setting, label)
        with pytest.raises(ImproperlyConfigured, match=said):
            accessor()
