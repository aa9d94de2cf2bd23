"""The matrix of tenants: each cell asked, and none missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.urls import resolve

from tests.matrix.table import CALLERS, CALLS, POLICIES, Call
from tests.matrix.tenants import MISSING, Tenants
from tests.rest.routes import ROUTES

#: Whose answers must say nothing of "home", unless they are about what is public.
STRANGERS = {
    "OpenPolicy": (),
    "OrganizationPolicy": ("anonymous", "foreigner", "former", "holder"),
    "OwnerPolicy": ("anonymous", "foreigner", "holder"),
}

#: Who is not logged in.
NOBODY = ("anonymous", "holder")


@contextmanager
def undone() -> Iterator[None]:
    """Whatever the block changes in the database is as before afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def tenants(db: None, settings: Any) -> Iterator[Tenants]:
    """The world, made once for all the cells of a policy."""
    cache.clear()
    yield Tenants()
    cache.clear()


def use(settings: Any, policy: str) -> None:
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}


def route_of(call: Call) -> str:
    path = call.path.partition("?")[0].format(**MISSING)
    return resolve(f"/api/{path}").route.removeprefix("api/")


def is_public(call: Call) -> bool:
    return next(route for route in ROUTES if route.text == route_of(call)).is_public


def test_every_call_of_every_route__has_a_row_and_every_row_a_route() -> None:
    routed = {(method, route.text) for route in ROUTES for method in route.methods}
    rows = {(call.method, route_of(call)) for call in CALLS}

    assert routed - rows == set()
    assert rows - routed == set()


def test_every_row__has_a_cell_for_everybody_and_comes_once() -> None:
    for call in CALLS:
        assert {len(cells) for cells in call.cells.values()} == {len(CALLERS)}, call
    assert len({str(call) for call in CALLS}) == len(CALLS)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_cell(settings: Any, tenants: Tenants, capsys: Any, policy: str) -> None:
    use(settings, policy)
    wrong: list[str] = []
    asked = compared = 0
    for call in CALLS:
        for caller in CALLERS:
            with undone():
                reply = tenants.ask(call, caller)
            asked += 1
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
            # What is not found is so whichever id is of nothing; else it is the last that matters.
            for name in names if expected == 404 else names[-1:]:
                with undone():
                    missing = tenants.ask(call, caller, **{name: MISSING[name]})
                compared += 1
                if missing != reply:
                    wrong.append(f"{cell}: {reply}, but without such a {name} {missing}")
    with capsys.disabled():
        print(
            f"\n{policy}: {len(CALLS)} calls x {len(CALLERS)} requesters = {asked} cells, "
            f"{compared} compared with what there is not"
        )
    assert "\n".join(wrong) == ""
    assert asked == len(CALLS) * len(CALLERS)
    assert compared > len(CALLS)


@pytest.mark.parametrize("policy", POLICIES)
def test_head_and_options__tell_no_more_than_the_calls_themselves(
    settings: Any, tenants: Tenants, policy: str
) -> None:
    use(settings, policy)
    wrong: list[str] = []
    for call in {call.path: call for call in reversed(CALLS)}.values():
        for caller in CALLERS:
            cell = f"{call.path} by {caller}"
            reply = tenants.ask(call, caller, method="OPTIONS")
            expected = 401 if caller in NOBODY and not is_public(call) else 200
            if reply.status != expected:
                wrong.append(f"OPTIONS {cell}: {reply}")
            for name in tenants.ids_of(call):
                missing = tenants.ask(call, caller, method="OPTIONS", **{name: MISSING[name]})
                if missing != reply:
                    wrong.append(f"OPTIONS {cell}: {reply}, but {missing} without such a {name}")
            if call.method == "GET":
                reply = tenants.ask(call, caller, method="HEAD")
                if reply.status != call.status(policy, caller) or reply.content:
                    wrong.append(f"HEAD {cell}: {reply}")
    assert "\n".join(wrong) == ""
