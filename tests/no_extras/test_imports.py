"""The hard dependencies are enough for everything but the modules that adapt an extra."""

import importlib
import pkgutil
from importlib.util import find_spec

import pytest
from django.core.checks import run_checks
from django.core.management import call_command

import org_files

pytestmark = pytest.mark.no_extras

#: The package that each of these modules of ours adapts, with whatever lies below the module.
ADAPTORS = {
    "org_files.accounts.openapi": "drf_spectacular",
    "org_files.accounts.tokens": "rest_framework_simplejwt",
    "org_files.renditions.decoder": "PIL",
    "org_files.rest.openapi": "drf_spectacular",
    "org_files.tasks": "celery",
}

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(org_files.__path__, "org_files.", onerror=lambda name: None)
)


def adapted_by(module: str) -> str | None:
    return next((e for a, e in ADAPTORS.items() if f"{module}.".startswith(f"{a}.")), None)


@pytest.mark.parametrize(
    "package",
    [
        *("PIL", "boto3", "celery", "drf_spectacular", "redis", "rest_framework_simplejwt"),
        "storages",
    ],
)
def test_environment__has_no_extra(package: str) -> None:
    assert find_spec(package) is None


def test_package__is_there_whole() -> None:
    assert {"org_files.accounts.views", "org_files.rest.views.files", *ADAPTORS} <= set(MODULES)


@pytest.mark.parametrize("module", [name for name in MODULES if not adapted_by(name)])
def test_module__is_imported(module: str) -> None:
    importlib.import_module(module)


@pytest.mark.parametrize("module", [name for name in MODULES if adapted_by(name)])
def test_adaptor_without_its_extra__names_what_is_missing(module: str) -> None:
    with pytest.raises(ModuleNotFoundError) as failure:
        importlib.import_module(module)

    assert (failure.value.name or "").partition(".")[0] == adapted_by(module)


def test_queue_of_celery__is_refused_by_a_check_with_the_command(settings) -> None:
    settings.ORG_FILES = {"TASKS": {"BACKEND": "org_files.queues.CeleryQueue"}}

    [error] = [found for found in run_checks() if found.id == "org_files.E013"]

    assert error.hint == 'pip install "django-org-files[celery]"'


@pytest.mark.django_db
def test_site__is_in_order() -> None:
    call_command("check", fail_level="WARNING", databases=["default"])
