"""The contract of delivery backends."""

import json
import re
from typing import ClassVar
from urllib.parse import unquote

from django.core.files.storage import InMemoryStorage, Storage
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.test import RequestFactory

from org_files import conf
from org_files.delivery import Deliverable, get_delivery
from org_files.testing.contract import Contract
from org_files.testing.factories import make_deliverable

#: Headers of every answer but an error.
PROTECTION = {
    "Cache-Control": "private, no-cache",
    "Vary": "Authorization, Cookie",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
    ),
}

#: Headers that say which content it is: that of ``make_deliverable``, ten bytes.
VALIDATORS = {
    "ETag": '"6c0db21be24a3c9e8d5e3cac312fd9397a93367ce8e05b67c455f4ed6fe90676"',
    "Last-Modified": "Thu, 29 Feb 2024 12:30:15 GMT",
    "Accept-Ranges": "bytes",
}

CONTENT = {
    "Content-Type": "application/pdf",
    "Content-Disposition": 'attachment; filename="report.pdf"',
    "Repr-Digest": "sha-256=:hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=:",
}

#: RFC 6266, with a fallback that no client reads in another way (appendix D).
DISPOSITION = re.compile(
    r"(attachment|inline); filename=\"([ !#$&-\[\]-~]+)\""
    r"(?:; filename\*=utf-8''([!#$&+.^_`|~\w%-]+))?",
    re.ASCII,
)

NAMES = (
    '\\"; filename=evil.exe; x="',
    "semi;colon, comma=1.txt",
    "--help",
    "CON",
    ".htaccess",
    "e\u0301.txt",
    "per%cent%20.txt",
    "a*b?c<d>|e:f'",
    "報告書 für Ärzte.pdf",
    "😀" * 255,
)

PLAYED_IN_PLACE = ("audio/mpeg", "video/mp4")
SHOWN_IN_PLACE = ("image/png", "application/pdf", "text/plain", *PLAYED_IN_PLACE)
NEVER_IN_PLACE = ("application/octet-stream", "text/css")
SCRIPTABLE = (
    "text/html",
    "application/xhtml+xml",
    "image/svg+xml",
    "text/xml",
    "text/javascript",
    "application/ecmascript",
    "text/html; charset=utf-8",
)


class DeliveryContract(Contract):
    """Tests of every delivery backend: one that sends the bytes, leaves them to a front server, or
    redirects to them. They use no database.

    ::

        class TestMyDelivery(DeliveryContract, SimpleTestCase):
            backend = {"BACKEND": "mysite.delivery.MyDelivery"}
            own_headers = frozenset({"X-Accel-Redirect"})
    """

    setting = "DELIVERY"
    #: Names of the headers that the backend adds to those that every answer has.
    own_headers: ClassVar[frozenset[str]] = frozenset()

    def setUp(self) -> None:
        """Use the default of ``INLINE_TYPES``."""
        super().setUp()
        self.configure(INLINE_TYPES=conf.inline_types.default)
        # The end of a response closes connections, and there is no database here.
        request_finished.disconnect(close_old_connections)
        self.addCleanup(request_finished.connect, close_old_connections)

    def make_storage(self) -> Storage:
        """Return the storage that the backend delivers from."""
        return InMemoryStorage()

    def deliver(
        self, item: Deliverable | None = None, method: str = "GET", **headers: str
    ) -> HttpResponseBase:
        """Return the backend's answer to a request for ``item``."""
        request = RequestFactory().generic(method, "/", headers=headers)
        response = answer(item or make_deliverable(storage=self.make_storage()), request)
        self.addCleanup(response.close)
        return response

    def _check_headers(self, response: HttpResponseBase, expected: dict[str, str]) -> None:
        own = {name.lower() for name in self.own_headers}
        headers = {name: value for name, value in response.items() if name.lower() not in own}
        self.assertEqual(headers, expected)

    def _check_content(self, response: HttpResponseBase, status: int, **lengths: str) -> None:
        """Check status and headers of an answer to a GET, in each way that bytes may leave."""
        if 300 <= response.status_code < 400:
            self.assertTrue(response.headers.pop("Location"))
            response.headers.pop("Content-Type", "")
            self._check_headers(response, PROTECTION)
        elif isinstance(response, HttpResponse) and not response.content:
            self.assertIn(response.status_code, (200, status))
            described = PROTECTION | VALIDATORS | CONTENT
            if "Accept-Ranges" not in response:  # nginx writes it.
                del described["Accept-Ranges"]
            self._check_headers(response, described)
        else:
            self.assertEqual(response.status_code, status)
            described = {name.replace("_", "-"): value for name, value in lengths.items()}
            self._check_headers(response, PROTECTION | VALIDATORS | CONTENT | described)

    def test_whole_content__has_exactly_these_headers(self) -> None:
        self._check_content(self.deliver(), 200, Content_Length="10")

    def test_head__describes_the_content(self) -> None:
        response = self.deliver(method="HEAD")
        self.assertEqual(response.status_code, 200)
        self._check_headers(response, PROTECTION | VALIDATORS | CONTENT | {"Content-Length": "10"})

    def test_part__says_which_and_how_long(self) -> None:
        response = self.deliver(Range="bytes=2-4")
        self._check_content(response, 206, Content_Length="3", Content_Range="bytes 2-4/10")

    def test_not_modified__describes_no_content(self) -> None:
        response = self.deliver(If_None_Match="*")
        self.assertEqual(response.status_code, 304)
        self._check_headers(response, PROTECTION | VALIDATORS)

    def test_refusal__is_in_json(self) -> None:
        unsatisfiable = self.deliver(Range="bytes=10-")
        self.assertEqual(unsatisfiable["Content-Range"], "bytes */10")
        for response, status, code in (
            (unsatisfiable, 416, "range_not_satisfiable"),
            (self.deliver(If_Match='"other"'), 412, "precondition_failed"),
        ):
            self.assertEqual(response.status_code, status)
            self.assertEqual(response["Content-Type"], "application/json")
            self.assertIsInstance(response, HttpResponse)
            self.assertEqual(json.loads(response.getvalue())["code"], code)

    def test_empty_content__is_delivered(self) -> None:
        item = make_deliverable(b"", storage=self.make_storage())
        self.assertEqual(self.deliver(item, "HEAD")["Content-Length"], "0")
        response = self.deliver(item)
        self.assertLess(response.status_code, 400)
        self.assertEqual(response.get("Content-Length", "0"), "0")

    def test_compression__passes_the_bytes_by(self) -> None:
        item = make_deliverable(b"0" * 4096, storage=self.make_storage())
        compression = GZipMiddleware(lambda request: HttpResponse())
        for headers in ({}, {"Range": "bytes=0-2047"}):
            request = RequestFactory().get("/", headers={"Accept-Encoding": "gzip"} | headers)
            plain, passed = answer(item, request), answer(item, request)
            passed = compression.process_response(request, passed)
            for response in (plain, passed):
                self.addCleanup(response.close)
                # A URL of the store may differ each time.
                del response.headers["Location"]
            self.assertEqual(dict(passed.items()), dict(plain.items()))

    # What follows is asked by HEAD: a redirect describes no content.

    def test_any_name__comes_out_of_the_header_as_it_was(self) -> None:
        storage = self.make_storage()
        for name in NAMES:
            for inline in (False, True):
                disposition = self._disposition(inline=inline)
                item = make_deliverable(storage=storage, name=name, inline=inline)
                header = self.deliver(item, "HEAD")["Content-Disposition"]
                parsed = DISPOSITION.fullmatch(header)
                self.assertIsNotNone(parsed, header)
                shown, fallback, encoded = parsed.groups() if parsed else ("", "", "")
                self.assertEqual(shown, disposition)
                self.assertEqual(unquote(encoded) if encoded else fallback, name)

    def test_type_of_the_list_alone__is_shown_in_place_where_asked(self) -> None:
        for content_type in SHOWN_IN_PLACE:
            self._check_shown(content_type, inline=True, disposition=self._disposition(inline=True))
            self._check_shown(content_type, inline=False, disposition="attachment")
        for content_type in (*SCRIPTABLE, *NEVER_IN_PLACE):
            self._check_shown(content_type, inline=True, disposition="attachment")

    def test_type_with_scripts__is_an_attachment_even_where_the_site_lists_it(self) -> None:
        self.configure(INLINE_TYPES=["image/*", "text/*", "application/*", *SCRIPTABLE])
        for content_type in SCRIPTABLE:
            self._check_shown(content_type, inline=True, disposition="attachment")

    def _disposition(self, *, inline: bool) -> str:
        return "inline" if inline and get_delivery().shows_inline else "attachment"

    def _check_shown(self, content_type: str, *, inline: bool, disposition: str) -> None:
        """Check how a type is shown, and that films and sounds alone have no sandbox then."""
        storage = self.make_storage()
        item = make_deliverable(storage=storage, content_type=content_type, inline=inline)
        plays = disposition == "inline" and content_type in PLAYED_IN_PLACE
        response = self.deliver(item, "HEAD")
        shown = response["Content-Disposition"].partition(";")[0]
        self.assertEqual(shown, disposition, content_type)
        # A 304 renews the headers that a browser has stored.
        for each in (response, self.deliver(item, If_None_Match=item.etag)):
            policy = each["Content-Security-Policy"].split("; ")
            self.assertIn("default-src 'none'", policy)
            self.assertEqual("sandbox" in policy, not plays, content_type)


def answer(item: Deliverable, request: HttpRequest) -> HttpResponseBase:
    return get_delivery().deliver(request, item, item.plan(request))
