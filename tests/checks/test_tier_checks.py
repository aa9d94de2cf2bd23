"""The system check of the tier that new organizations get."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from org_files.testing.factories import make_tier
from tests.checks.conftest import Site

IDS = ("org_files.E021", "org_files.W012")


def found(**kwargs: Any) -> list[Any]:
    return [each for each in run_checks(tags=["org_files"], **kwargs) if each.id in IDS]


@pytest.mark.django_db
def test_missing_default_tier__is_e021_with_the_existing_tiers(settings: Any) -> None:
    make_tier("Starter")
    settings.ORG_FILES = {"DEFAULT_TIER": "Nowhere"}

    [error] = found(databases=["default"])

    assert error.id == "org_files.E021"
    assert "'Nowhere'" in error.msg
    assert "'Starter'" in error.hint
    # An error would stop makemigrations.
    assert [each.id for each in found()] == ["org_files.W012"]
    for name in ("Starter", None):
        settings.ORG_FILES = {"DEFAULT_TIER": name}
        assert found(databases=["default"]) == []


NAMED = """
DATABASES["default"]["NAME"] = "{name}"
ORG_FILES = {{"DEFAULT_TIER": "Studio"}}
"""

MIGRATION = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("org_files", "0005_tiers_and_renditions")]
    operations = [
        migrations.RunPython(
            lambda apps, _: apps.get_model("org_files.Tier").objects.create(name="Studio")
        )
    ]
"""


def test_missing_database__is_no_error_of_the_tier(site: Site, tmp_path: Path) -> None:
    settings = NAMED.format(name=tmp_path / "missing" / "db.sqlite3")

    assert "no issues" in site("", settings, "check")


def test_migrations__may_create_the_tier(site: Site, tmp_path: Path) -> None:
    settings = NAMED.format(name=tmp_path / "db.sqlite3")
    assert "no issues" in site("", settings, "check")  # The tables are yet to be created.
    site("", settings, "migrate", "-v0")

    refused = site("", settings, "check", "--database", "default", code=1)

    assert "(org_files.E021)" in refused
    for name in ("Studio", "Basic", "Premium", "Enterprise"):
        assert f"'{name}'" in refused
    migrations = site.app / "migrations"
    migrations.mkdir()
    (migrations / "__init__.py").touch()
    (migrations / "0001_studio.py").write_text(MIGRATION)
    site("", settings, "migrate", "-v0")
    assert "no issues" in site("", settings, "check")
