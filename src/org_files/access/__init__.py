"""Policies: the rules of who sees and does what."""

from org_files.access.base import Action, Policy
from org_files.access.policies import OpenPolicy, OrganizationPolicy, OwnerPolicy
from org_files.access.prepared import file_query
from org_files.backends import load

__all__ = [
    "Action",
    "OpenPolicy",
    "OrganizationPolicy",
    "OwnerPolicy",
    "Policy",
    "file_query",
    "get_policy",
]


def get_policy() -> Policy:
    """Return the policy that ``ORG_FILES["POLICY"]`` names.

    Raises ``ConfigurationError`` where it cannot be loaded.
    """
    return load("POLICY", Policy)
