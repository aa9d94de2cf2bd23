"""Organization and file of the site's own, with columns of their own."""

from tests.hosts.common import host

globals().update(
    host(
        "both_swapped.acme",
        ORG_FILES_ORGANIZATION_MODEL="acme.Company",
        ORG_FILES_FILE_MODEL="acme.Document",
    )
)
