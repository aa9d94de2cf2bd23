"""The matrix of tenants: every route, policy and requester."""

from math import prod

import pytest
from django.core.cache import cache
from django.urls import resolve

from tests.matrix.table import CALLERS, CALLS, POLICIES, SIZE
from tests.matrix.tenants import MISSING, Tenants, undone
from tests.rest.routes import ROUTES

#: Requesters who must learn nothing about "home" but what is public.
STRANGERS = {
    "OpenPolicy": (),
    "OrganizationPolicy": ("anonymous", "foreigner", "former", "former_admin", "holder"),
    "OwnerPolicy": ("anonymous", "foreigner", "former", "former_admin", "holder"),
}

DEFAULT = "OrganizationPolicy"
#: Requesters who are not logged in.
NOBODY = ("anonymous", "holder")


@pytest.fixture
def tenants(db, settings):
    """The data, made once for all the cells of a policy."""
    cache.clear()
    yield Tenants()
    cache.clear()


def use(settings, policy):
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}


def route_of(call):
    path = call.path.partition("?")[0].format(**MISSING)
    return resolve(f"/api/{path}").route.removeprefix("api/")


def is_public(call):
    return next(route for route in ROUTES if route.text == route_of(call)).is_public


def test_every_call_of_every_route__has_a_row_and_every_row_a_route():
    routed = {(method, route.text) for route in ROUTES for method in route.methods}
    rows = {(call.method, route_of(call)) for call in CALLS}

    assert routed - rows == set()
    assert rows - routed == set()


def test_every_row__has_a_cell_for_everybody_and_comes_once():
    for call in CALLS:
        assert {len(cells) for cells in call.cells.values()} == {len(CALLERS)}, call
    assert len({str(call) for call in CALLS}) == len(CALLS)


def test_size_of_the_matrix(capsys):
    size = len(CALLS), len(CALLERS), len(POLICIES)
    cells = sum(len(row) for call in CALLS for row in call.cells.values())
    with capsys.disabled():
        print("\n{} calls x {} requesters x {} policies".format(*size), f"= {cells} cells")
    assert size == SIZE
    assert cells == prod(SIZE)


#: Requesters with the same answers as another one in nearly all cells.
LIKE = {"former_admin": "former", "holder": "anonymous"}


def is_telling(call, caller):
    """Return whether the default run asks a cell of the default policy; the sweep asks all."""
    if all(len(set(cells)) == 1 for cells in call.cells.values()):
        # Nothing depends on the requester.
        return caller in ("anonymous", "member", "operator")
    return caller not in LIKE or call.cell(DEFAULT, caller) != call.cell(DEFAULT, LIKE[caller])


@pytest.mark.parametrize("methods", [("GET",), ("POST",), ("PATCH", "PUT", "DELETE")])
@pytest.mark.parametrize(
    ("policy", "every"),
    [(DEFAULT, False), *(pytest.param(each, True, marks=pytest.mark.sweep) for each in POLICIES)],
)
def test_cells(settings, tenants, capsys, policy, methods, every):
    use(settings, policy)
    wrong = []
    calls = [call for call in CALLS if call.method in methods]
    cells = [(call, caller) for call in calls for caller in CALLERS]
    asked = [cell for cell in cells if every or is_telling(*cell)]
    compared = 0
    for call, caller in asked:
        with undone():
            reply = tenants.ask(tenants.query(call, caller))
        cell = f"{call} by {caller}"
        expected = call.status(policy, caller)
        if reply.status != expected:
            wrong.append(f"{cell}: {reply}, not {expected}")
        is_stranger = caller in STRANGERS[policy] and "public" not in call.path
        said = [secret for secret in tenants.secrets if secret in reply.content]
        if is_stranger and said:
            wrong.append(f"{cell}: says {said}")
        if not call.is_like_missing(policy, caller):
            continue
        names = tenants.ids_of(call)
        # A 404 is the same for each id that does not exist. Otherwise the last one counts.
        for name in names if expected == 404 else names[-1:]:
            missing = tenants.ask_missing(call, caller, name)
            compared += 1
            if missing != reply:
                wrong.append(f"{cell}: {reply}, but without such a {name} {missing}")
    with capsys.disabled():
        print(
            f"\n{policy}, {' '.join(methods)}: {len(asked)} of {len(cells)} cells asked, "
            f"{compared} compared with ids that do not exist"
        )
    assert "\n".join(wrong) == ""
    assert asked
    assert compared


@pytest.mark.sweep
@pytest.mark.parametrize("policy", POLICIES)
def test_head__tells_no_more_than_get(settings, tenants, policy):
    use(settings, policy)
    wrong = []
    # HEAD runs the code of GET, or has that of an upload session: one call of a route is enough.
    calls = {route_of(call): call for call in reversed(CALLS) if call.method == "GET"}
    for call in calls.values():
        for caller in CALLERS:
            reply = tenants.ask(tenants.query(call, caller, method="HEAD"))
            expected = call.status(policy, caller)
            if expected == 200 and call.path == "uploads/{upload}/":
                expected = 204
            if reply.status != expected or reply.content:
                wrong.append(f"HEAD {call.path} by {caller}: {reply}")
    assert "\n".join(wrong) == ""


@pytest.mark.sweep
@pytest.mark.parametrize("policy", POLICIES)
def test_options__depend_on_no_id(settings, tenants, policy):
    use(settings, policy)
    wrong = []
    # One call of a route is enough: some requesters see what its id is of, and others do not.
    calls = {(route_of(call), "?ticket=" in call.path): call for call in reversed(CALLS)}
    for call in calls.values():
        for caller in CALLERS:
            cell = f"OPTIONS {call.path} by {caller}"
            reply = tenants.ask(tenants.query(call, caller, method="OPTIONS"))
            # Of sessions it has headers alone.
            known = 204 if call.path in ("uploads/", "uploads/{upload}/") else 200
            expected = 401 if caller in NOBODY and not is_public(call) else known
            if reply.status != expected:
                wrong.append(f"{cell}: {reply}")
            for name in tenants.ids_of(call):
                missing = tenants.ask_missing(call, caller, name, method="OPTIONS")
                if missing != reply:
                    wrong.append(f"{cell}: {reply}, but without such a {name} {missing}")
    assert "\n".join(wrong) == ""
