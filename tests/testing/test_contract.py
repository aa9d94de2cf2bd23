"""Inheritance of contracts."""

import pytest
from django.test import SimpleTestCase

from org_files import conf
from org_files.testing.contract import Contract
from org_files.testing.streaming import StreamingDeliveryContract
from tests.testing.trials import failures


class Settings(Contract):
    setting = "POLICY"

    def test_settings(self):
        assert conf.user_settings() == {"MAX_FILE_SIZE": 1, "POLICY": {"BACKEND": "a.B"}}

    def test_settings_of_the_site(self):
        assert conf.user_settings() == {"MAX_FILE_SIZE": 1}


def test_backend__is_added_to_the_settings_of_the_site_until_the_end(settings):
    settings.ORG_FILES = {"MAX_FILE_SIZE": 1}

    for test, backend in (
        ("test_settings", {"BACKEND": "a.B"}),
        ("test_settings_of_the_site", None),
    ):
        assert failures(Settings, SimpleTestCase, test, backend=backend) == []

    assert settings.ORG_FILES == {"MAX_FILE_SIZE": 1}


def test_contract_behind_the_test_case__is_refused():
    with pytest.raises(TypeError, match="name the contract before the test case"):
        type("Wrong", (SimpleTestCase, Settings), {})


def test_contract_without_a_test_case__is_refused():
    class Plain(StreamingDeliveryContract):
        pass

    with pytest.raises(TypeError, match="has to inherit from a test case"):
        Plain().setup_method()
