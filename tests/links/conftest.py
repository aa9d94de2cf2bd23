"""Fixtures of the tests of share links."""

import pytest

from org_files.testing.factories import join, make_link, make_stored_file, make_user
from tests.rest.contents import CONTENT


@pytest.fixture
def owner(organization):
    owner = make_user()
    join(organization, owner)
    return owner


@pytest.fixture
def link(organization, owner):
    return make_link(make_stored_file(organization, owner, content=CONTENT))
