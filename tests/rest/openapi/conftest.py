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
    """A link that asks for a password."""
    return make_link(file, password="heron-lamp-42")


@pytest.fixture
def answer(contract, client):
    """Ask for an operation, as a member unless told otherwise, and check what comes.

    ``key`` is the thing of the path, a tuple where there are two; ``json`` a body.
    """

    def ask(id, *, key=(), by=client, query="", json=None, **request):
        method = contract.operations[id]["method"]
        keys = key if isinstance(key, tuple) else (key,)
        if json is not None:
            request |= {"data": dumps(json), "content_type": "application/json"}
        response = by.generic(method, contract.url(id, *keys) + query, **request)
        contract.check(id, response)
        return response

    return ask
