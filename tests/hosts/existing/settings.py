"""A site that had companies and documents, with rows, before the package arrived."""

from tests.hosts.common import host

globals().update(
    host(
        "existing.legacy",
        ORG_FILES_ORGANIZATION_MODEL="legacy.Company",
        ORG_FILES_FILE_MODEL="legacy.Document",
        # Where the documents lie already.
        ORG_FILES={"STORAGE": "default"},
    )
)
