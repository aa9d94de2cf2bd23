import pytest

from tests.factories import make_stored_file
from tests.rest.openapi.contract import Contract, generate


@pytest.fixture(scope="session")
def contract():
    return Contract(generate())


@pytest.fixture
def file(organization, user):
    return make_stored_file(organization, user, content=b"A report, stored by a member.")


@pytest.fixture
def answer(contract, client):
    """Ask for an operation, as a member unless told otherwise, and check what comes."""

    def ask(id, *, key=None, by=client, query="", **request):
        method = contract.operations[id]["method"]
        response = by.generic(method, contract.url(id, key) + query, **request)
        contract.check(id, response)
        return response

    return ask
