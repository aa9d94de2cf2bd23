"""Accessors of the two swappable models."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as site_settings
from django.core.exceptions import ImproperlyConfigured

from org_files import get_file_model, get_organization_model
from org_files.models import AbstractFile, AbstractOrganization

both = pytest.mark.parametrize(
    ("accessor", "setting", "base"),
    [
        (get_organization_model, "ORG_FILES_ORGANIZATION_MODEL", AbstractOrganization),
        (get_file_model, "ORG_FILES_FILE_MODEL", AbstractFile),
    ],
)


@both
def test_accessor__returns_the_model_of_the_site(accessor: Any, setting: str, base: Any) -> None:
    model = accessor()

    assert issubclass(model, base)
    assert model is apps.get_model(getattr(site_settings, setting))


@both
def test_accessor__follows_the_setting(
    settings: Any, accessor: Any, setting: str, base: Any
) -> None:
    setattr(settings, setting, "auth.Group")

    assert accessor() is apps.get_model("auth.Group")


@both
@pytest.mark.parametrize("label", ["", "acme.sub.Company"])
def test_label_that_is_malformed__is_an_error_of_the_site(
    settings: Any, accessor: Any, setting: str, base: Any, label: str
) -> None:
    setattr(settings, setting, label)

    with pytest.raises(ImproperlyConfigured, match=f"{setting} must be of the form"):
        accessor()


@both
@pytest.mark.parametrize("label", ["acme.Company", "org_files.Company"])
def test_label_of_no_model__is_an_error_of_the_site(
    settings: Any, accessor: Any, setting: str, base: Any, label: str
) -> None:
    setattr(settings, setting, label)

    with pytest.raises(ImproperlyConfigured, match=f"{label}.*not installed"):
        accessor()
