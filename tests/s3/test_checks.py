"""What manage.py check says of a bucket."""

import pytest
from django.core.checks import run_checks

from tests.docs.blocks import DOCS, blocks_of
from tests.s3.conftest import BACKEND

pytestmark = pytest.mark.s3

SAFE = {
    "bucket_name": "files",
    "file_overwrite": False,
    "endpoint_url": "https://s3.eu-west-1.amazonaws.com",
}
CHECKSUMS = {
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
}


def warned(settings, **options):
    options = {"BACKEND": BACKEND, "OPTIONS": SAFE | options}
    settings.STORAGES = settings.STORAGES | {"org_files": options}
    return [each.id.removeprefix("org_files.") for each in run_checks(tags=["org_files"])]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, []),
        ({"endpoint_url": None}, []),
        ({"file_overwrite": True}, ["W033"]),
        ({"default_acl": "public-read"}, ["W032"]),
        ({"object_parameters": {"ACL": "authenticated-read"}}, ["W032"]),
        ({"default_acl": "bucket-owner-full-control"}, []),
        ({"querystring_auth": False}, ["W031"]),
        ({"custom_domain": "cdn.example.org"}, ["W031"]),
        ({"endpoint_url": "http://store.example.org:9000"}, ["W030"]),
        ({"endpoint_url": "https://amazonaws.com.example.org"}, ["W030"]),
    ],
)
def test_bucket__is_warned_of(settings, options, expected):
    assert warned(settings, **options) == expected


def test_store_other_than_aws__needs_both_checksum_settings(settings, monkeypatch):
    from botocore.config import Config

    endpoint = {"endpoint_url": "http://store.example.org"}
    for name in CHECKSUMS:
        one = Config(**{name: CHECKSUMS[name]})
        assert warned(settings, **endpoint, client_config=one) == ["W030"]
    assert warned(settings, **endpoint, client_config=Config(**CHECKSUMS)) == []
    for name in CHECKSUMS:
        monkeypatch.setenv(f"AWS_{name.upper()}", "WHEN_REQUIRED")
    assert warned(settings, **endpoint) == []
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://store.example.org")
    assert warned(settings, endpoint_url=None) == []


def test_sample_of_the_documentation__is_warned_of_nothing(settings):
    [sample] = [b for b in blocks_of(DOCS / "howto" / "s3.rst") if b.language == "python"]
    site = {"STORAGES": {**settings.STORAGES}}
    exec(sample.text, site)
    settings.STORAGES = site["STORAGES"]
    assert run_checks(tags=["org_files"]) == []
