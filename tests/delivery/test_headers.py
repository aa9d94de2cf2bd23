"""What stands above the bytes: the same for every backend."""

from __future__ import annotations

import json
from email.message import EmailMessage
from typing import Any

import pytest
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from org_files.delivery import Deliverable, DeliveryBackend, Plan
from tests.delivery.items import make_item


class Empty(DeliveryBackend):
    """Leaves the body to somebody else, as a front server does."""

    def respond(self, request: Any, item: Deliverable, plan: Plan) -> HttpResponseBase:
        return HttpResponse(status=plan.status)


def delivered(item: Deliverable, method: str = "GET", **headers: str) -> HttpResponseBase:
    request = RequestFactory().generic(method, "/", headers=headers)
    return Empty().deliver(request, item, item.plan(request))


def headers_of(response: HttpResponseBase) -> dict[str, str]:
    return dict(response.headers.items())


COMMON = {
    "ETag": '"84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"',
    "Last-Modified": "Thu, 29 Feb 2024 12:30:15 GMT",
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",
    "Vary": "Authorization, Cookie",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
    ),
}
CONTENT = {
    "Content-Type": "application/pdf",
    "Content-Disposition": 'attachment; filename="report.pdf"',
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_whole_content__has_exactly_these_headers(method: str) -> None:
    response = delivered(make_item(), method)

    assert response.status_code == 200
    assert headers_of(response) == COMMON | CONTENT | {"Content-Length": "10"}


def test_part__says_which_and_how_long() -> None:
    response = delivered(make_item(), Range="bytes=2-4")

    assert response.status_code == 206
    assert headers_of(response) == COMMON | CONTENT | {
        "Content-Length": "3",
        "Content-Range": "bytes 2-4/10",
    }


def test_not_modified__describes_no_content() -> None:
    response = delivered(make_item(), If_None_Match="*")

    assert response.status_code == 304
    assert headers_of(response) == COMMON


def test_range_behind_the_end__says_the_size_in_json() -> None:
    response = delivered(make_item(), Range="bytes=10-")

    assert response.status_code == 416
    assert response.headers["Content-Range"] == "bytes */10"
    assert response.headers["Content-Type"] == "application/json"
    assert isinstance(response, HttpResponse)
    assert json.loads(response.content)["code"] == "range_not_satisfiable"


def test_failed_precondition__is_412_in_json() -> None:
    response = delivered(make_item(), If_Match='"other"')

    assert response.status_code == 412
    assert isinstance(response, HttpResponse)
    assert json.loads(response.content)["code"] == "precondition_failed"


def test_empty_content__has_a_length_of_zero() -> None:
    response = delivered(make_item(b""))

    assert response.headers["Content-Length"] == "0"


@pytest.mark.parametrize(
    "name",
    [
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
    ],
)
@pytest.mark.parametrize("inline", [False, True])
def test_any_name__comes_out_of_the_header_as_it_was(name: str, inline: bool) -> None:
    header = delivered(make_item(name=name, inline=inline)).headers["Content-Disposition"]

    parsed = EmailMessage()
    parsed["Content-Disposition"] = header
    assert header.isascii()
    assert header.isprintable()
    assert parsed.get_content_disposition() == ("inline" if inline else "attachment")
    assert parsed.get_filename() == name
    assert set(parsed["Content-Disposition"].params) == {"filename"}


@pytest.mark.parametrize(
    "content_type",
    [
        "image/jpeg",
        "image/png",
        "image/webp",
        "image/gif",
        "application/pdf",
        "text/plain",
        "audio/mpeg",
        "video/mp4",
    ],
)
def test_type_of_the_list__is_shown_in_place_where_asked(content_type: str) -> None:
    response = delivered(make_item(content_type=content_type, inline=True))

    assert response.headers["Content-Disposition"].startswith("inline")


SCRIPTABLE = [
    "text/html",
    "application/xhtml+xml",
    "image/svg+xml",
    "text/xml",
    "application/xml",
    "application/mathml+xml",
    "text/javascript",
    "application/javascript",
]


@pytest.mark.parametrize("content_type", [*SCRIPTABLE, "application/octet-stream", "text/css"])
def test_any_other_type__is_an_attachment_whatever_is_asked(content_type: str) -> None:
    response = delivered(make_item(content_type=content_type, inline=True))

    assert response.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("content_type", SCRIPTABLE)
def test_what_can_hold_a_script__is_an_attachment_also_where_the_site_lists_its_family(
    settings: Any, content_type: str
) -> None:
    settings.ORG_FILES = {"INLINE_TYPES": ["image/*", "text/*", "application/*", content_type]}

    response = delivered(make_item(content_type=content_type, inline=True))

    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response.headers["Content-Security-Policy"]
