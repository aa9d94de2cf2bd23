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
def test_default_tier_that_there_is_not__is_e021_with_those_that_there_are(settings: Any) -> None:
    make_tier("Starter")
    settings.ORG_FILES = {"DEFAULT_TIER": "Nowhere"}

    [error] = found(databases=["default"])

    assert error.id == "org_files.E021"
    assert "'Nowhere'" in error.msg
    assert "'Starter'" in error.hint
    # An error would stop makemigrations.
    assert [each.id for each in found()] == ["org_files.W012"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Starter", None])
def test_default_tier_that_there_is__is_in_order(settings: Any, name: str | None) -> None:
    make_tier("Starter")
    settings.ORG_FILES = {"DEFAULT_TIER": name}

    assert found(databases=["default"]) == []


def test_database_that_is_not_there__is_no_error_of_the_tier(site: Site, tmp_path: Path) -> None:
    settings = NAMED.format(name=tmp_path / "missing" / "db.sqlite3")

    assert "no issues" in site(MODELS, settings, "check")


NAMED = """
DATABASES["default"]["NAME"] = "{name}"
ORG_FILES = {{"DEFAULT_TIER": "Studio"}}
"""

MODELS = "class Shelf(models.Model):\n    label = models.CharField(max_length=9)\n"

MAKE_TIER = """
    operations = [
        migrations.RunPython(
            lambda apps, _: apps.get_model("org_files.Tier").objects.create(name="Studio")
        )
    ]
"""


def test_new_database__is_migrated_before_its_tier_is_asked_for(site: Site, tmp_path: Path) -> None:
    settings = NAMED.format(name=tmp_path / "db.sqlite3")
    site(MODELS, settings, "makemigrations", "shop")

    assert "no issues" in site(MODELS, settings, "check")
    site(MODELS, settings, "migrate", "-v0")

    refused = site(MODELS, settings, "check", "--database", "default", code=1)
    assert "(org_files.E021)" in refused
    for name in ("Studio", "Basic", "Premium", "Enterprise"):
        assert f"'{name}'" in refused


def test_migration_that_makes_the_tier__is_not_stopped_by_its_check(
    site: Site, tmp_path: Path
) -> None:
    settings = NAMED.format(name=tmp_path / "db.sqlite3")
    site(MODELS, settings, "makemigrations", "shop")
    site(MODELS, settings, "migrate", "-v0")
    site(MODELS, settings, "makemigrations", "shop", "--empty", "-n", "studio")
    migration = site.app / "migrations" / "0002_studio.py"
    text = migration.read_text()
    dependency = '("org_files", "0005_tiers_and_renditions"), '
    text = text.replace("dependencies = [", f"dependencies = [{dependency}")
    migration.write_text(text[: text.index("    operations")] + MAKE_TIER.lstrip("\n"))

    site(MODELS, settings, "migrate", "-v0")

    assert "no issues" in site(MODELS, settings, "check")
