"""A site with 32-bit keys."""

from tests.hosts.common import host

globals().update(
    host(
        "global_auto_field.old",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        ORG_FILES_ORGANIZATION_MODEL="old.Company",
    )
)
