"""User, company and document in one app of the site."""

from tests.hosts.common import host

globals().update(
    host(
        "one_app.crm",
        AUTH_USER_MODEL="crm.Person",
        ORG_FILES_ORGANIZATION_MODEL="crm.Company",
        ORG_FILES_FILE_MODEL="crm.Document",
    )
)
