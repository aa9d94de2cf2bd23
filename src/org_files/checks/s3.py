"""System checks of storages of django-storages for S3."""

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, register
from django.core.checks import Warning as CheckWarning

from org_files.exceptions import ConfigurationError
from org_files.storage.known import possible_storages
from org_files.storage.s3 import is_s3

#: Settings of botocore's client, and the variables of the environment that have the same effect.
CHECKSUMS = {
    "request_checksum_calculation": "AWS_REQUEST_CHECKSUM_CALCULATION",
    "response_checksum_validation": "AWS_RESPONSE_CHECKSUM_VALIDATION",
}
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


@register("org_files")
def check_buckets(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Warn of buckets that other people may read, or that fail with some stores."""
    try:
        found = possible_storages()
    except ConfigurationError:  # check_settings reports it
        return
    for alias, storage in found.items():
        if is_s3(storage):
            yield from _check_bucket(f'STORAGES["{alias}"]', storage)


def _check_bucket(name: str, storage: Any) -> Iterator[CheckMessage]:
    if missing := _missing_checksum_settings(storage):
        arguments = ", ".join(f'{each}="when_required"' for each in missing)
        yield CheckWarning(
            f"{name} sends checksums that many stores other than AWS refuse.",
            hint=f'"OPTIONS": {{"client_config": botocore.config.Config({arguments})}}',
            id="org_files.W030",
        )
    if not storage.querystring_auth or (storage.custom_domain and not storage.cloudfront_signer):
        yield CheckWarning(
            f"{name} makes URLs without a signature: such a URL works only if the world may read "
            "the bucket.",
            hint='"OPTIONS": {"querystring_auth": True}, and no "custom_domain" without the key of '
            "a CloudFront signer",
            id="org_files.W031",
        )
    acl = storage.object_parameters.get("ACL") or storage.default_acl or "private"
    if acl.startswith(("public-", "authenticated-")):
        yield CheckWarning(
            f"{name} stores files with the ACL {acl}: they can be read past every policy.",
            hint='"OPTIONS": {"default_acl": None}',
            id="org_files.W032",
        )
    if storage.file_overwrite:
        yield CheckWarning(
            f"{name} overwrites an object that has the name of a new one.",
            hint='"OPTIONS": {"file_overwrite": False}',
            id="org_files.W033",
        )


def _missing_checksum_settings(storage: Any) -> list[str]:
    endpoint = storage.endpoint_url or next(filter(None, map(os.environ.get, ENDPOINTS)), "")
    host = urlsplit(endpoint).hostname or "amazonaws.com"
    if f".{host}".endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return []
    # Before botocore 1.36 there are no such settings, and no such checksums.
    config = storage.client_config
    return [
        name
        for name, variable in CHECKSUMS.items()
        if hasattr(config, name)
        and (getattr(config, name) or os.environ.get(variable, "")).lower() != "when_required"
    ]
