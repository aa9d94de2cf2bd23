"""Organization and file of the site's own, with columns of their own."""

from tests.hosts.common import host

globals().update(
    host(
        "both_swapped.acme",
        ORG_FILES_ORGANIZATION_MODEL="acme.Company",
        ORG_FILES_FILE_MODEL="acme.Document",
        ORG_FILES={
            "POLICY": {"BACKEND": "tests.hosts.both_swapped.acme.access.FolderPolicy"},
            "DELIVERY": {
                "BACKEND": "tests.hosts.both_swapped.acme.delivery.WatermarkedDelivery",
                "OPTIONS": {"seller": "Acme"},
            },
            "FILE_SERIALIZER": "tests.hosts.both_swapped.acme.api.DocumentSerializer",
            "FILE_FILTER_SET": "tests.hosts.both_swapped.acme.api.DocumentFilterSet",
            "ORGANIZATION_SERIALIZER": "tests.hosts.both_swapped.acme.api.CompanySerializer",
        },
        ROOT_URLCONF="tests.hosts.both_swapped.urls",
    )
)
