"""The contract of delivery backends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from email.message import EmailMessage
from typing import ClassVar

from django.core.files.storage import InMemoryStorage, Storage
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory, override_settings

from org_files import conf
from org_files.delivery import Deliverable, get_delivery
from org_files.picture_types import PICTURE_TYPES
from org_files.testing.contract import Contract
from org_files.testing.factories import make_deliverable

__all__ = ["DeliveryContract"]

# What stands above the ten bytes of ``make_deliverable``.
COMMON = {
    "ETag": '"84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"',
    "Last-Modified": "Thu, 29 Feb 2024 12:30:15 GMT",
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",
    "Vary": "Authorization, Cookie",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
    ),
}
CONTENT = {
    "Content-Type": "application/pdf",
    "Content-Disposition": 'attachment; filename="report.pdf"',
}

NAMES = (
    "report.pdf",
    'say "hello".txt',
    "back\\slash.txt",
    '\\"; filename=evil.exe; x="',
    "semi;colon=1.txt",
    "comma, space.txt",
    "-rf",
    "--help",
    "CON",
    "NUL.txt",
    ".htaccess",
    "Gebührenordnung für Ärzte.pdf",
    "報告書.pdf",
    "😀.png",
    "e\u0301.txt",
    "per%cent%20.txt",
    "it's.txt",
    "a*b?c<d>|e:f",
    "x" * 255,
    "😀" * 255,
)

SHOWN_IN_PLACE = (
    *PICTURE_TYPES,
    "application/pdf",
    "text/plain",
    "audio/mpeg",
    "video/mp4",
)

PLAYED_IN_PLACE = ("audio/mpeg", "video/mp4")

SCRIPTABLE = (
    "text/html",
    "application/xhtml+xml",
    "image/svg+xml",
    "text/xml",
    "application/xml",
    "application/mathml+xml",
    "text/javascript",
    "application/javascript",
)


class DeliveryContract(Contract):
    """What every delivery backend answers with, whoever sends the bytes. No database is asked.

    ::

        class TestMyDelivery(DeliveryContract, SimpleTestCase):
            backend = {"BACKEND": "mysite.delivery.MyDelivery"}
            own_headers = frozenset({"X-Accel-Redirect"})
    """

    setting = "DELIVERY"
    #: Names of the headers that the backend adds to those that every answer has.
    own_headers: ClassVar[frozenset[str]] = frozenset()

    def setUp(self) -> None:
        """Take the defaults for what may be shown in place."""
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

    def headers_of(self, response: HttpResponseBase) -> Mapping[str, str]:
        """Return the headers of an answer but for ``own_headers``."""
        own = {name.lower() for name in self.own_headers}
        return {name: value for name, value in response.items() if name.lower() not in own}

    def check_disposition(self, disposition: str, content_type: str) -> HttpResponseBase:
        """Check how what has that type is given when it is asked for in place."""
        item = make_deliverable(storage=self.make_storage(), content_type=content_type, inline=True)
        response = self.deliver(item)
        self.assertEqual(response["Content-Disposition"].partition(";")[0], disposition)
        return response

    def test_whole_content__has_exactly_these_headers(self) -> None:
        for method in ("GET", "HEAD"):
            with self.subTest(method):
                response = self.deliver(method=method)
                self.assertEqual(response.status_code, 200)
                self.assertEqual(
                    self.headers_of(response), COMMON | CONTENT | {"Content-Length": "10"}
                )

    def test_part__says_which_and_how_long(self) -> None:
        response = self.deliver(Range="bytes=2-4")
        self.assertEqual(response.status_code, 206)
        self.assertEqual(
            self.headers_of(response),
            COMMON | CONTENT | {"Content-Length": "3", "Content-Range": "bytes 2-4/10"},
        )

    def test_not_modified__describes_no_content(self) -> None:
        response = self.deliver(If_None_Match="*")
        self.assertEqual(response.status_code, 304)
        self.assertEqual(self.headers_of(response), COMMON)

    def test_range_behind_the_end__says_the_size_in_json(self) -> None:
        response = self.deliver(Range="bytes=10-")
        self.assertEqual(response.status_code, 416)
        self.assertEqual(response["Content-Range"], "bytes */10")
        self.check_refusal(response, "range_not_satisfiable")

    def test_failed_precondition__is_412_in_json(self) -> None:
        response = self.deliver(If_Match='"other"')
        self.assertEqual(response.status_code, 412)
        self.check_refusal(response, "precondition_failed")

    def check_refusal(self, response: HttpResponseBase, code: str) -> None:
        """Check the body of an error."""
        self.assertEqual(response["Content-Type"], "application/json")
        self.assertIsInstance(response, HttpResponse)
        self.assertEqual(json.loads(response.getvalue())["code"], code)

    def test_empty_content__has_a_length_of_zero(self) -> None:
        response = self.deliver(make_deliverable(b"", storage=self.make_storage()))
        self.assertEqual(response["Content-Length"], "0")

    def test_any_name__comes_out_of_the_header_as_it_was(self) -> None:
        storage = self.make_storage()
        for name in NAMES:
            for inline in (False, True):
                with self.subTest(name, inline=inline):
                    item = make_deliverable(storage=storage, name=name, inline=inline)
                    header = self.deliver(item)["Content-Disposition"]
                    parsed = EmailMessage()
                    parsed["Content-Disposition"] = header
                    self.assertTrue(header.isascii())
                    self.assertTrue(header.isprintable())
                    self.assertEqual(
                        parsed.get_content_disposition(), "inline" if inline else "attachment"
                    )
                    self.assertEqual(parsed.get_filename(), name)
                    self.assertEqual(set(parsed["Content-Disposition"].params), {"filename"})

    def test_type_of_the_list__is_shown_in_place_where_asked(self) -> None:
        for content_type in SHOWN_IN_PLACE:
            with self.subTest(content_type):
                self.check_disposition("inline", content_type)

    def test_sandbox__is_lifted_for_films_and_sounds_that_are_shown_in_place(self) -> None:
        for content_type in SHOWN_IN_PLACE:
            with self.subTest(content_type):
                item = make_deliverable(
                    storage=self.make_storage(), content_type=content_type, inline=True
                )
                plays = content_type in PLAYED_IN_PLACE
                answers = [
                    (self.deliver(item), not plays),
                    (self.deliver(item, **{"If-None-Match": item.etag}), not plays),
                    (self.deliver(replace(item, inline=False)), True),
                ]
                fewer = {**conf.user_settings(), "INLINE_TYPES": ["application/pdf"]}
                with override_settings(ORG_FILES=fewer):
                    answers.append((self.deliver(item), True))
                for response, is_sandboxed in answers:
                    policy = response["Content-Security-Policy"].split("; ")
                    self.assertIn("default-src 'none'", policy)
                    self.assertEqual("sandbox" in policy, is_sandboxed)

    def test_any_other_type__is_an_attachment_whatever_is_asked(self) -> None:
        for content_type in (*SCRIPTABLE, "application/octet-stream", "text/css"):
            with self.subTest(content_type):
                self.check_disposition("attachment", content_type)

    def test_what_can_hold_a_script__is_an_attachment_also_where_the_site_lists_its_family(
        self,
    ) -> None:
        self.configure(INLINE_TYPES=["image/*", "text/*", "application/*", *SCRIPTABLE])
        for content_type in SCRIPTABLE:
            with self.subTest(content_type):
                response = self.check_disposition("attachment", content_type)
                self.assertIn("sandbox", response["Content-Security-Policy"])


def answer(item: Deliverable, request: HttpRequest) -> HttpResponseBase:
    """Return the answer of the site's backend."""
    return get_delivery().deliver(request, item, item.plan(request))
