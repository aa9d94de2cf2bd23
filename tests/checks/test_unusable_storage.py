"""A storage that cannot be made: models load, checks report it, every use raises."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.management.base import SystemCheckError

from org_files import conf
from org_files.checks import check_settings
from org_files.checks.imports import require_importable_views
from org_files.storage import original_storage


@pytest.fixture(params=["no such alias", "no such class", "no such package", "no dictionary"])
def unusable(request: pytest.FixtureRequest, settings) -> None:
    if request.param == "no such alias":
        settings.ORG_FILES = {"STORAGE": "vault"}
    elif request.param == "no dictionary":
        settings.ORG_FILES = ["STORAGE"]
    else:
        path = {"no such class": "org_files.storage.Vault", "no such package": "vaults.Vault"}
        settings.STORAGES = settings.STORAGES | {"org_files": {"BACKEND": path[request.param]}}


@pytest.mark.usefixtures("unusable")
def test_unusable_storage__is_found_by_the_checks() -> None:
    assert [message.id for message in check_settings(None)] in (
        ["org_files.E010"],
        ["org_files.E012"],
    )


@pytest.mark.usefixtures("unusable")
@pytest.mark.parametrize(
    "use",
    [
        lambda storage: storage.open("key"),
        lambda storage: storage.save("key", ContentFile(b"-")),
        lambda storage: storage.delete("key"),
        lambda storage: storage.exists("key"),
        lambda storage: storage.size("key"),
        lambda storage: storage.listdir(""),
        lambda storage: storage.get_modified_time("key"),
    ],
)
def test_unusable_storage__refuses_every_use(use) -> None:
    with pytest.raises(ImproperlyConfigured):
        use(original_storage())


def test_settings_in_order__let_the_views_be_imported() -> None:
    require_importable_views()


def test_missing_extra__is_refused_as_a_system_check(settings) -> None:
    settings.REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "rest_framework_simplejwt.absent.Thing"}
    require_importable_views()  # installed here, whatever the path says

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("org_files.checks.settings.find_spec", lambda name: None)
        with pytest.raises(SystemCheckError, match=r"org_files\.E013.*\n.*django-org-files\[jwt\]"):
            require_importable_views()


def test_model_that_is_not_installed__is_refused_as_a_system_check(settings) -> None:
    setattr(settings, conf.FILE_MODEL_SETTING, "acme.Document")

    with pytest.raises(SystemCheckError, match=r"org_files\.E001.*acme\.Document"):
        require_importable_views()
