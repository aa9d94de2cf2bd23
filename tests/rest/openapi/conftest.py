from json import dumps

import pytest

from org_files.testing.factories import make_link, make_stored_file
from tests.rest.openapi.contract import Contract, generate


@pytest.fixture(scope="session")
def contract():
    return Contract(generate())


@pytest.fixture
def file(organization, user):
    return make_stored_file(organization, user, content=b"A report, stored by a member.")


@pytest.fixture
def locked(file):
    """A link with a password."""
    return make_link(file, password="heron-lamp-42")


@pytest.fixture
def answer(contract, client):
    """Ask for an operation, as a member by default, and check the answer.

    ``key`` is the id in the path, a tuple if there are several; ``json`` a body, which is checked
    too where it is accepted.
    """

    def ask(id, *, key=(), by=client, query="", json=None, **request):
        method = contract.operations[id]["method"]
        keys = key if isinstance(key, tuple) else (key,)
        if json is not None:
            request |= {"data": dumps(json), "content_type": "application/json"}
        response = by.generic(method, contract.url(id, *keys) + query, **request)
        contract.check(id, response)
        if response.headers.get("Content-Type") == "application/json":
            is_shared = id.startswith("shared_")
            kept = response.headers["Cache-Control"]
            assert kept == ("no-store" if is_shared else "private, no-store"), id
        if json is not None and response.status_code < 400:
            contract.validate(json, contract.media_types(id)["application/json"]["schema"])
        return response

    return ask
