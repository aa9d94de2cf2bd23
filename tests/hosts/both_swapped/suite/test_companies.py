"""A column of the site's own in the JSON of its organizations: to read and to write."""

import pytest

from org_files import counters, get_organization_model
from org_files.testing.factories import make_file
from tests.hosts.suite.test_host import logged_in, people, send

__all__ = ["people"]


def test_column_of_the_site__is_written_by_who_creates_and_who_manages(people):
    anna, bela, _carl = map(logged_in, people)

    status, made = send(anna, "POST", "organizations/", name="East", vat_number="DE 1")
    assert (status, made["vat_number"]) == (201, "DE 1")
    path = f"organizations/{made['id']}/"
    status, changed = send(anna, "PATCH", path, vat_number="DE 2")

    assert (status, changed) == (200, made | {"vat_number": "DE 2"})
    assert send(bela, "PATCH", path, vat_number="DE 3")[0] == 404
    assert get_organization_model().objects.get(name="East").vat_number == "DE 2"


@pytest.mark.parametrize("value", ["x" * 21, None, ["DE"], "a\0b"])
def test_value_that_the_column_does_not_take__is_an_error_of_the_field(people, value):
    anna = logged_in(people[0])
    own = get_organization_model().objects.get(name="North")

    for method, path in (("POST", "organizations/"), ("PATCH", f"organizations/{own.pk}/")):
        status, answer = send(anna, method, path, name="East", vat_number=value)
        assert (status, list(answer)) == (400, ["vat_number"])
    assert not get_organization_model().objects.filter(name="East").exists()


def test_change_of_the_column__loses_no_download(people):
    anna = logged_in(people[0])
    own = get_organization_model().objects.get(name="North")
    counters.record_download(file=make_file(own))
    counters.fold()

    _status, changed = send(anna, "PATCH", f"organizations/{own.pk}/", vat_number="DE 1")

    assert changed["download_count"] == 1
    assert counters.verify().findings == []
