"""Services of organizations and memberships."""

from org_files.organizations.members import (
    add_member,
    change_role,
    keep_admins,
    keep_other_admins,
    remove_member,
)
from org_files.organizations.services import (
    change_organization,
    create_organization,
    delete_organization,
)

__all__ = [
    "add_member",
    "change_organization",
    "change_role",
    "create_organization",
    "delete_organization",
    "keep_admins",
    "keep_other_admins",
    "remove_member",
]
