"""An organization of the site's own, with a UUID as key and names that are unique; our file."""

from tests.hosts.common import host

globals().update(host("organization_only.tenants", ORG_FILES_ORGANIZATION_MODEL="tenants.Tenant"))
