"""Quotas by tier: that of the organization's own, as it is when an upload comes."""

from __future__ import annotations

from typing import Any

import pytest

from org_files.exceptions import FileTooLarge
from org_files.files import Quota, quota_of
from org_files.models import AbstractOrganization
from org_files.storage import original_storage
from org_files.testing.factories import make_organization, make_stored_file, subscribe
from tests.files.storages import blobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]


@pytest.mark.parametrize(
    ("of_site", "of_tier", "expected"),
    [
        ({}, {}, Quota(None, None, None)),
        ({"QUOTA_BYTES": 9, "QUOTA_FILES": 3}, {}, Quota(9, 3, None)),
        ({"QUOTA_BYTES": 9, "QUOTA_FILES": 3}, {"quota_bytes": 5}, Quota(5, 3, None)),
        ({"QUOTA_BYTES": 9}, {"quota_bytes": 50, "quota_files": 7}, Quota(50, 7, None)),
        ({"QUOTA_BYTES": 9}, {"quota_bytes": 0, "quota_files": 0}, Quota(0, 0, None)),
        # The limit of the site on one file holds in any case, before the organization is known.
        ({"MAX_FILE_SIZE": 3}, {"max_file_size": 4}, Quota(None, None, 4)),
    ],
)
def test_quota__is_that_of_the_tier_or_else_of_the_site(
    organization: AbstractOrganization,
    settings: Any,
    of_site: dict[str, int],
    of_tier: dict[str, int],
    expected: Quota,
) -> None:
    settings.ORG_FILES = of_site
    subscribe(organization, **of_tier)

    assert quota_of(organization.pk) == expected
    site = Quota(of_site.get("QUOTA_BYTES"), of_site.get("QUOTA_FILES"))
    assert quota_of(make_organization().pk) == site


def test_file_larger_than_the_tier_takes__is_refused_before_it_is_written(
    organization: AbstractOrganization,
) -> None:
    subscribe(organization, max_file_size=5)

    make_stored_file(organization, content=b"12345")
    with pytest.raises(FileTooLarge):
        make_stored_file(organization, content=b"123456")

    assert len(blobs(original_storage())) == 1
