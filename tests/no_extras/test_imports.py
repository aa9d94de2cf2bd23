"""The hard dependencies are enough for everything but the modules that adapt an extra."""

import importlib
import pkgutil
from importlib.util import find_spec

import pytest
from django.core.management import call_command

import org_files
from org_files.rest.views.files import FileListView

pytestmark = pytest.mark.no_extras

#: The package that each of these modules of ours adapts, with whatever lies below the module.
ADAPTORS = {
    "org_files.accounts.openapi": "drf_spectacular",
    "org_files.attachments.openapi": "drf_spectacular",
    "org_files.accounts.tokens": "rest_framework_simplejwt",
    "org_files.renditions.colours": "PIL",
    "org_files.renditions.decoder": "PIL",
    "org_files.renditions.jpeg_scans": "PIL",
    "org_files.rest.openapi": "drf_spectacular",
    "org_files.tasks": "celery",
}

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(org_files.__path__, "org_files.", onerror=lambda name: None)
)


def adapted_by(module):
    return next((e for a, e in ADAPTORS.items() if f"{module}.".startswith(f"{a}.")), None)


def test_environment__has_the_whole_package_and_no_extra():
    for extra in {*ADAPTORS.values(), "boto3", "redis", "storages"}:
        assert find_spec(extra) is None
    assert {"org_files.accounts.views", "org_files.rest.views.files", *ADAPTORS} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_module__is_imported_or_names_the_extra_that_is_missing(module):
    extra = adapted_by(module)
    if extra is None:
        importlib.import_module(module)
        return
    with pytest.raises(ModuleNotFoundError) as failure:
        importlib.import_module(module)
    assert (failure.value.name or "").partition(".")[0] == extra


@pytest.mark.django_db
def test_site__is_in_order():
    call_command("check", fail_level="WARNING", databases=["default"])


def test_description_by_other_generators__leaves_the_package_out():
    # As in EndpointEnumerator.should_include_endpoint of Django REST framework and drf-yasg.
    assert FileListView.schema is None
