"""Texts in URLs that are not UTF-8."""

import pytest
from django.test import RequestFactory

from org_files.exceptions import InvalidUTF8
from org_files.rest.encoding import refuse_undecodable_query
from tests.rest.requests import code_of


@pytest.mark.parametrize("query", ["a=b&name=%EF%E0", "name=\xef\xe0&a=b", "%EFname=a", "name=%C3"])
def test_parameter_that_is_not_utf_8__is_refused_by_name(query):
    request = RequestFactory().get("/", QUERY_STRING=query)

    with pytest.raises(InvalidUTF8) as caught:
        refuse_undecodable_query(request)
    assert caught.value.field.strip("\ufffd") == "name"


@pytest.mark.parametrize("charset", ["", "; charset=us-ascii"])
def test_url_that_is_not_utf_8__is_refused(client, charset):
    options = {"content_type": f"application/json{charset}"}
    for query, expected in (("%EF", (400, "invalid_utf8")), ("%D0%BF", (200, None))):
        response = client.generic("GET", f"/api/files/?name={query}", **options)
        assert code_of(response) == expected
    for resource, expected in (("%EF%E0", (404, "not_found")), ("%D0%BF", (200, None))):
        response = client.get(f"/api/resources/{resource}/1/files/")
        assert code_of(response) == expected
