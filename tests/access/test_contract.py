"""The contract of policies, over those of the package."""

import os

from django.test import TestCase

from org_files.testing.access import PolicyContract


class TestOrganizationPolicy(PolicyContract, TestCase):
    backend = {"BACKEND": "org_files.access.OrganizationPolicy"}


# The others have no SQL of another kind.
if os.environ.get("TEST_DATABASE") != "postgresql":

    class TestOpenPolicy(PolicyContract, TestCase):
        backend = {"BACKEND": "org_files.access.OpenPolicy"}

    class TestOwnerPolicy(PolicyContract, TestCase):
        backend = {"BACKEND": "org_files.access.OwnerPolicy"}
