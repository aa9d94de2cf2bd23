"""Models in an app whose label sorts after ours."""

from tests.hosts.common import host

globals().update(
    host(
        "late_label.zeta",
        ORG_FILES_ORGANIZATION_MODEL="zeta.Company",
        ORG_FILES_FILE_MODEL="zeta.Document",
    )
)
