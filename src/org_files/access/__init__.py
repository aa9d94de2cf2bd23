"""Policies: the rules of who sees and does what."""

from org_files.access.base import Action, Policy
from org_files.access.policies import (
    OpenPolicy,
    OrganizationPolicy,
    OwnerPolicy,
    file_query,
    whole_organizations,
)
from org_files.access.resources import ResourcePolicy, list_parts, require_resource
from org_files.backends import load

__all__ = [
    "Action",
    "OpenPolicy",
    "OrganizationPolicy",
    "OwnerPolicy",
    "Policy",
    "ResourcePolicy",
    "file_query",
    "get_policy",
    "list_parts",
    "require_resource",
    "whole_organizations",
]


def get_policy() -> Policy:
    """Return the policy of ``ORG_FILES["POLICY"]``. Raises ``ConfigurationError``."""
    return load("POLICY", Policy)
