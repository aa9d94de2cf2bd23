"""Hosts without the accounts of the package have tests of their own."""

from django.apps import apps

collect_ignore_glob = [] if apps.is_installed("org_files.accounts") else ["test_*.py"]
