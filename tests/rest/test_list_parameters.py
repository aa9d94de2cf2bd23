"""Parameters of lists: what they take, and that nothing else reaches the database."""

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from org_files.rest.filters import ByteCountFilter, FlagFilter, KeyFilter, MomentFilter

LISTS = ["files/", "organizations/", "downloads/"]
LONG = "9" * 5000


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("page_size", ["0", "201", LONG, "", "\uff11", "1\n"]),
        ("ordering", ["owner__password", "?", "--created_at", "created_at,"]),
        ("_connector", ["OR"]),
        ("owner__password__startswith", ["a"]),
        ("state", ["active"]),  # of another list
        ("\x00", [""]),
    ],
)
def test_value_or_parameter_that_no_list_takes__is_400(client, name, values):
    for path in LISTS:
        for value in values:
            response = client.get(f"/api/{path}", {name: value})
            assert (response.status_code, list(response.json())) == (400, [name]), value


def test_page_that_there_is_not__is_404(client):
    for page in ("0", "2", "abc", LONG, "", "\uff11", "1\n"):
        response = client.get("/api/files/", {"page": page})
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), page
    empty = {"count": 0, "count_is": "exact", "next": None, "previous": None, "results": []}
    assert client.get("/api/files/", {"page": "1"}).json() == empty


def test_malformed_value__is_400_at_its_parameter(client):
    for name, value in {
        "organization": "abc",
        "owner": "01",
        "is_picture": "yes",
        "is_public": "1",
        "min_size": "1.0",
        "max_size": LONG,
        "created_after": "2024-01-01T00:00:00",
        "created_before": "9999-12-31T23:59:59-23:59",
        "search": "x" * 257,
        "cursor": "a\x00b",
        "name": "a\x00b",
        "page": "1\x00",
    }.items():
        response = client.get("/api/files/", {name: value})
        assert (response.status_code, list(response.json())) == (400, [name])


def test_odd_but_harmless_query__is_answered(client):
    for query in (
        "&&&&",
        "ordering=" + ",".join(["created_at,-created_at,name"] * 300),
        "search=" + "%5C" * 256,
        "name=" + "x" * 100_000,
    ):
        assert client.get(f"/api/files/?{query}").status_code == 200, query[:20]
    # More than Django reads.
    assert client.get("/api/files/?" + "&".join(["search=x"] * 1100)).status_code == 400


@pytest.mark.parametrize(
    ("accepts", "values"),
    [
        (KeyFilter(model=get_user_model), ["-", "1 ", "1.0", "\uff11", LONG, "0x1", "null"]),
        (FlagFilter(), ["0", "null", "truee", " true"]),
        (ByteCountFilter(), ["abc", "-1", "1e3", "\uff11", " 1", "9223372036854775808"]),
        (MomentFilter(), ["abc", "2024-01-01", "2024-13-01T00:00:00Z", "1704067200"]),
        (MomentFilter(), ["0001-01-01T00:00:00+23:59", "2024-01-01T00:00:00+99:99"]),
    ],
    ids=["key", "flag", "bytes", "moment", "zone"],
)
def test_filter__refuses_what_is_malformed(accepts, values):
    for value in values:
        with pytest.raises(ValidationError):
            accepts.field.clean(value)
