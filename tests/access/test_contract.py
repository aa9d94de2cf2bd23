"""The contract of policies, over those of the package."""

from django.test import TestCase

from org_files.testing.access import PolicyContract


class TestOpenPolicy(PolicyContract, TestCase):
    backend = {"BACKEND": "org_files.access.OpenPolicy"}


class TestOrganizationPolicy(PolicyContract, TestCase):
    backend = {"BACKEND": "org_files.access.OrganizationPolicy"}


class TestOwnerPolicy(PolicyContract, TestCase):
    backend = {"BACKEND": "org_files.access.OwnerPolicy"}
