"""The example project with a bucket: its environment variables, and the checks of the package."""

import pytest
from django.core.checks import run_checks
from django.core.files.storage import storages
from django.utils.module_loading import import_string

from tests.example.conftest import settings_of

__all__ = ["settings_of"]

pytestmark = pytest.mark.s3


@pytest.mark.parametrize("delivery", ["stream", "redirect", "nginx-s3"])
def test_variables_of_a_bucket__are_its_storage_and_pass_all_checks(
    settings_of, settings, monkeypatch, delivery
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    found = settings_of(
        as_they_are=True,
        STORAGE="s3",
        DELIVERY=delivery,
        AWS_STORAGE_BUCKET_NAME="bytes",
        AWS_S3_ENDPOINT_URL="https://store.example.com",
        AWS_S3_REGION_NAME="eu-west-1",
    )
    settings.STORAGES, settings.ORG_FILES = found["STORAGES"], found["ORG_FILES"]

    given = found["ORG_FILES"]["DELIVERY"]
    assert list(import_string(given["BACKEND"])(**given.get("OPTIONS", {})).check()) == []
    assert run_checks(tags=["org_files"]) == []
    url = storages[found["ORG_FILES"]["STORAGE"]].url("a/b/c")
    assert url.startswith("https://store.example.com/bytes/a/b/c?X-Amz-Algorithm=AWS4-HMAC-SHA256&")
    assert "%2Feu-west-1%2F" in url
    assert "somebody" in url
