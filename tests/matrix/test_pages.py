"""The matrix of pages: every route, policy and requester."""

import pytest
from django.core.cache import cache
from django.urls import resolve

from org_files.web.urls import urlpatterns
from org_files.web.views.base import Page
from tests.matrix.pages import CALLS, LOGIN, MISSING, Visitors
from tests.matrix.table import CALLERS, POLICIES
from tests.matrix.tenants import undone
from tests.matrix.test_matrix import DEFAULT, STRANGERS, is_telling, use


@pytest.fixture
def visitors(db, settings):
    """The data, made once for all the cells of a policy."""
    cache.clear()
    yield Visitors()
    cache.clear()


def route_of(call):
    path = call.path.partition("?")[0].format(**MISSING)
    return resolve(f"/library/{path}").route.removeprefix("library/")


def methods_of(view_class):
    """Return the methods of a page: a POST where it has a ``submit`` of its own."""
    if not issubclass(view_class, Page):  # one of tus
        return {name.upper() for name in view_class.http_method_names} - {"OPTIONS"}
    has_form = view_class.submit is not Page.submit
    return {"GET", "POST"} if has_form else {"GET"}


def test_every_request_of_every_page__has_a_row_and_every_row_a_page():
    routed = {
        (method, str(pattern.pattern))
        for pattern in urlpatterns
        for method in methods_of(pattern.callback.view_class)
    }
    rows = {(call.method, route_of(call)) for call in CALLS}

    assert routed - rows == set()
    assert rows - routed == set()


@pytest.mark.parametrize("methods", [("GET", "HEAD"), ("POST", "PATCH", "DELETE")])
@pytest.mark.parametrize(
    ("policy", "every"),
    [(DEFAULT, False), *(pytest.param(each, True, marks=pytest.mark.sweep) for each in POLICIES)],
)
def test_cells_of_pages(settings, visitors, policy, every, methods):
    use(settings, policy)
    wrong, asked = [], 0
    cells = [(call, caller) for call in CALLS if call.method in methods for caller in CALLERS]
    for call, caller in cells:
        if not every and not is_telling(call, caller):
            continue
        asked += 1
        with undone():
            reply = visitors.ask(visitors.query(call, caller))
        cell = f"{call} by {caller}"
        to_login = call.cell(policy, caller) == "-" and "uploads/" not in call.path
        expected = 303 if to_login else call.status(policy, caller)
        location = dict(reply.headers).get("Location", "")
        if reply.status != expected or (to_login and not location.startswith(LOGIN)):
            wrong.append(f"{cell}: {reply}, not {expected}")
        is_open = "public" in call.path or "invitation" in call.path
        is_stranger = caller in STRANGERS[policy] and not is_open
        if is_stranger and [secret for secret in visitors.secrets if secret in reply.content]:
            wrong.append(f"{cell}: tells of the organization")
        if call.is_like_missing(policy, caller):
            names = visitors.names_in(call)
            wrong += [
                f"{cell}: {reply}, but without such a {name} {missing}"
                for name in names
                if (missing := visitors.ask_without(call, caller, name)) != reply
            ]
    assert "\n".join(wrong) == ""
    assert asked
