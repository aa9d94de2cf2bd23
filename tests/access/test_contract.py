"""The contract of policies, over those of the package."""

import os

import pytest
from django.test import TestCase

from org_files.testing.access import PolicyContract


class TestOrganizationPolicy(PolicyContract, TestCase):
    backend = {"BACKEND": "org_files.access.OrganizationPolicy"}


# The rest is the same code on every database. The compiled queries of all policies, which only
# PostgreSQL runs, are in test_prepared_files.py.
if os.environ.get("TEST_DATABASE") == "postgresql":
    TestOrganizationPolicy.test_what_is_not_seen__answers_byte_for_byte_as_if_it_did_not_exist = (
        None
    )
else:

    @pytest.mark.sweep
    class TestOpenPolicy(PolicyContract, TestCase):
        backend = {"BACKEND": "org_files.access.OpenPolicy"}

    @pytest.mark.sweep
    class TestOwnerPolicy(PolicyContract, TestCase):
        backend = {"BACKEND": "org_files.access.OwnerPolicy"}
