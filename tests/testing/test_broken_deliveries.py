"""The contract of delivery backends finds what is wrong with one."""

import pytest
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.test import SimpleTestCase

from org_files.delivery import DeliveryBackend, Plan, StreamDelivery
from org_files.testing.streaming import StreamingDeliveryContract
from tests.testing.trials import failures

pytestmark = pytest.mark.sweep


class DropsAHeader(StreamDelivery):
    def deliver(self, request, item, plan):
        response = super().deliver(request, item, plan)
        del response.headers["X-Content-Type-Options"]
        return response


class AddsAHeader(StreamDelivery):
    def respond(self, request, item, plan):
        response = super().respond(request, item, plan)
        response.headers["X-Sold-By"] = "Acme"
        return response


class WritesDispositionByHand(StreamDelivery):
    def deliver(self, request, item, plan):
        response = super().deliver(request, item, plan)
        kind = "inline" if item.inline else "attachment"
        quoted = item.name.replace('"', "'").encode("ascii", "ignore").decode()
        response.headers["Content-Disposition"] = f'{kind}; filename="{quoted}"'
        return response


class IgnoresRanges(StreamDelivery):
    def respond(self, request, item, plan):
        return super().respond(request, item, Plan(200))


class AnswersInWords(StreamDelivery):
    def deliver(self, request, item, plan):
        if plan.status == 416:
            return HttpResponse("No.", status=416)
        return super().deliver(request, item, plan)


class ReadsEverything(StreamDelivery):
    def respond(self, request, item, plan):
        with item.storage.open(item.key) as content:
            start = plan.range.start if plan.range else 0
            return HttpResponse(content.read()[start:], status=plan.status)


class LeavesOpen(StreamDelivery):
    def respond(self, request, item, plan):
        content = item.storage.open(item.key)
        return StreamingHttpResponse(iter(lambda: content.read(1024), b""), status=plan.status)


class OpensByItself(StreamDelivery):
    def deliver(self, request, item, plan):
        item.storage.open(item.key).close()
        return super().deliver(request, item, plan)


class DescribesARedirect(DeliveryBackend):
    def deliver(self, request, item, plan):
        response = super().deliver(request, item, plan)
        response.headers["Content-Length"] = str(item.size)
        return response

    def respond(self, request, item, plan):
        return HttpResponseRedirect("https://store.example.com/key")


def run(backend, test, **attributes):
    spec = {"BACKEND": f"{__name__}.{backend.__name__}"}
    return failures(StreamingDeliveryContract, SimpleTestCase, test, backend=spec, **attributes)


WHOLE = "test_whole_content__has_exactly_these_headers"
PART = "test_part__says_which_and_how_long"


@pytest.mark.parametrize(
    ("backend", "test", "said"),
    [
        (DropsAHeader, WHOLE, "nosniff"),
        (DropsAHeader, PART, "nosniff"),
        (DropsAHeader, "test_not_modified__describes_no_content", "nosniff"),
        (AddsAHeader, WHOLE, "X-Sold-By"),
        (DescribesARedirect, WHOLE, "Content-Length"),
        (
            WritesDispositionByHand,
            "test_any_name__comes_out_of_the_header_as_it_was",
            "evil.exe",
        ),
        (
            WritesDispositionByHand,
            "test_type_of_the_list_alone__is_shown_in_place_where_asked",
            "text/html",
        ),
        (IgnoresRanges, PART, "200 != 206"),
        (IgnoresRanges, "test_content__comes_as_it_was_stored", "3456"),
        (AnswersInWords, "test_refusal__is_in_json", "Content-Range"),
        (ReadsEverything, "test_large_content__is_never_in_memory", "not less than"),
        (LeavesOpen, "test_client_that_goes_away__leaves_no_open_file", "False is not true"),
        (
            OpensByItself,
            "test_store_that_cannot_give_the_bytes__is_an_error_of_ours",
            "FileNotFoundError",
        ),
        (OpensByItself, "test_answer_without_content__opens_nothing", "Lists differ"),
    ],
)
def test_broken_delivery__fails(backend, test, said):
    assert said in "".join(run(backend, test))


def test_header_of_its_own__is_declared():
    assert run(AddsAHeader, WHOLE, own_headers=frozenset({"X-Sold-By"})) == []
