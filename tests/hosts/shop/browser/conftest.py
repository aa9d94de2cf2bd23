"""Tests of the shop's own process: pytest --ds=tests.hosts.shop.settings -m web <this folder>."""

from django.apps import apps

collect_ignore_glob = [] if apps.is_installed("tests.hosts.shop.goods") else ["test_*.py"]
