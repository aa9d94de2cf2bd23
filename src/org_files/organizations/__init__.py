"""Services of organizations and memberships."""

from org_files.organizations.services import (
    add_member,
    change_organization,
    change_role,
    create_organization,
    delete_organization,
    keep_admins,
    keep_other_admins,
    remove_member,
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
