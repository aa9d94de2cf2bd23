"""User, company and document in one app of the site, whose label sorts after ours."""

from tests.hosts.common import host

globals().update(
    host(
        "one_app.zeta",
        AUTH_USER_MODEL="zeta.Person",
        ORG_FILES_ORGANIZATION_MODEL="zeta.Company",
        ORG_FILES_FILE_MODEL="zeta.Document",
    )
)
