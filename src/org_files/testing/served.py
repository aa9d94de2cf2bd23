"""The contract of a running site: the same bytes, headers and counts by each way out."""

import json
from email.message import Message
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

from org_files.delivery.names import content_disposition
from org_files.testing.delivery import NAMES, PROTECTION

if TYPE_CHECKING:
    from django.test import SimpleTestCase as Case
else:
    Case = object

#: Headers of the connection, and of the server itself.
OF_THE_SERVER = frozenset({"connection", "date", "keep-alive", "server", "transfer-encoding"})

#: Headers that Django REST framework and Django's own middleware add.
OF_THE_SITE = frozenset({"allow", "cross-origin-opener-policy", "x-frame-options"})

OF_THE_CONTENT = frozenset(
    {
        *(name.lower() for name in PROTECTION),
        *("accept-ranges", "content-disposition", "content-length", "content-type"),
        *("etag", "last-modified", "repr-digest"),
    }
)


class Answer(NamedTuple):
    """An answer to a request, after the redirect to the store if there was one."""

    status: int
    headers: Message
    body: bytes
    is_redirected: bool


class ServedDeliveryContract(Case):
    """Tests of a running site with its front server and its store, through a socket.

    Each test uploads small files by the API and removes them::

        class TestMySite(ServedDeliveryContract, SimpleTestCase):
            api = "https://files.example.com/api/"
            login = {"Authorization": "Bearer ..."}
    """

    #: The address of the API, with a slash at the end.
    api: ClassVar[str]
    #: The headers of a user who may upload.
    login: ClassVar[dict[str, str]]
    #: Further form fields of an upload, such as ``organization``.
    fields: ClassVar[dict[str, str]] = {}
    #: Whether the site redirects to its store, whose answers have other headers.
    redirects: ClassVar[bool] = False
    #: Headers that the site adds to answers with a content, in small letters.
    own_headers: ClassVar[frozenset[str]] = frozenset()

    def fetch(
        self, url: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> Answer:
        """Return the answer to a request with the login, and follow a redirect without it."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self._send(url, method, body, self.login | named)
        if answer.status not in (302, 303, 307):
            return answer
        location = urljoin(url, answer.headers["Location"])
        return self._send(location, method, None, named)._replace(is_redirected=True)

    def _send(self, url: str, method: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.netloc, timeout=60)
        try:
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            connection.putrequest(method, path, skip_accept_encoding=True)
            if body is not None:
                headers = headers | {"Content-Length": str(len(body))}
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read(), False)
        finally:
            connection.close()

    def upload(self, content: bytes, name: str = "report.pdf") -> dict[str, Any]:
        """Return the JSON of a new file, which the end of the test removes."""
        boundary = uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in {**self.fields, "name": name}.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        body = "".join([*parts, head]).encode() + content + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        answer = self.fetch(f"{self.api}files/", "POST", body, Content_Type=kind)
        self.assertEqual(answer.status, 201, answer.body)
        file: dict[str, Any] = json.loads(answer.body)
        url = f"{self.api}files/{file['id']}/?permanent=true"
        self.addCleanup(self.fetch, url, "DELETE")
        return file

    def content(self, file: dict[str, Any], method: str = "GET", **headers: str) -> Answer:
        """Return the answer to a request for the content of a file."""
        url = f"{self.api}files/{file['id']}/content/"
        answer = self.fetch(url, method, None, **headers)
        has_content = answer.status in (200, 206) and method == "GET"
        self.assertEqual(answer.is_redirected, self.redirects and has_content)
        return answer

    def assert_count(self, file: dict[str, Any], expected: int) -> None:
        """Check the number of downloads of a file."""
        answer = self.fetch(f"{self.api}files/{file['id']}/")
        self.assertEqual(json.loads(answer.body)["download_count"], expected)

    def assert_described(self, answer: Answer, file: dict[str, Any], **expected: str) -> None:
        """Check that an answer has each header of a content once, with its value, and no other."""
        named = {name.replace("_", "-"): value for name, value in expected.items()}
        head = self.content(file, "HEAD").headers
        named["Content-Type"] = head["Content-Type"]
        named["Content-Disposition"] = content_disposition(file["name"])
        named["Cache-Control"] = PROTECTION["Cache-Control"]
        if not self.redirects:
            same = ("ETag", "Last-Modified", "Repr-Digest", "Accept-Ranges")
            named |= PROTECTION | {name: head[name] for name in same}
            names = [name.lower() for name in answer.headers]
            known = OF_THE_SERVER | OF_THE_SITE | OF_THE_CONTENT | self.own_headers
            self.assertEqual(set(names) - known - {"content-range"}, set())
            self.assertEqual(len(names), len(set(names)), names)
            of_site = OF_THE_SITE.intersection(map(str.lower, head.keys()))
            self.assertEqual(of_site - set(names), set())
        for name, value in named.items():
            given = answer.headers.get_all(name)
            # Apache writes a list without spaces.
            given = [",".join(map(str.strip, each.split(","))) for each in given or ()]
            self.assertEqual(given, [",".join(map(str.strip, value.split(",")))], name)

    def test_whole_content__is_as_it_was_stored_and_counts_each_time(self) -> None:
        for content in (b"", b"0123456789", bytes(range(251)) * 12_000):
            file = self.upload(content)
            for number in (1, 2):
                answer = self.content(file, Accept_Encoding="gzip")
                self.assertEqual((answer.status, answer.body == content), (200, True))
                self.assert_described(answer, file, Content_Length=str(len(content)))
                self.assert_count(file, number)

    def test_parts__are_as_they_were_stored_and_count_once(self) -> None:
        content = bytes(range(251)) * 12_000
        size = len(content)
        file = self.upload(content)
        for value, start, stop in (
            ("bytes=2-4", 2, 5),
            ("bytes=-3", size - 3, size),
            ("bytes=0-", 0, size),
            ("bytes=262137-2524299", 262_137, 2_524_300),
            (f"bytes=5-{10**30}", 5, size),
        ):
            answer = self.content(file, Range=value)
            self.assertEqual((answer.status, answer.body == content[start:stop]), (206, True))
            length, given = str(stop - start), f"bytes {start}-{stop - 1}/{size}"
            self.assert_described(answer, file, Content_Length=length, Content_Range=given)
        self.assert_count(file, 1)

    def test_answers_without_content__are_those_of_the_site_and_do_not_count(self) -> None:
        file = self.upload(b"0123456789")
        head = self.content(file, "HEAD")
        self.assertEqual((head.status, head.body), (200, b""))
        self.assert_described(head, file, Content_Length="10")
        for name, value in (("ETag", "If_None_Match"), ("Last-Modified", "If_Modified_Since")):
            answer = self.content(file, **{value: head.headers[name]})
            self.assertEqual((answer.status, answer.body), (304, b""))
            self.assertEqual(answer.headers.get_all("ETag"), [head.headers["ETag"]])
        for status, code, headers in (
            (416, "range_not_satisfiable", {"Range": "bytes=10-"}),
            (412, "precondition_failed", {"If_Match": '"other"'}),
        ):
            answer = self.content(file, **headers)
            self.assertEqual((answer.status, json.loads(answer.body)["code"]), (status, code))
        self.assert_count(file, 0)

    def test_conditions_that_hold__are_not_evaluated_again(self) -> None:
        if self.redirects:
            return  # The store evaluates them, by validators of its own.
        file = self.upload(b"0123456789")
        head = self.content(file, "HEAD").headers
        for headers in (
            {"If_Match": head["ETag"]},
            {"If_Unmodified_Since": head["Last-Modified"]},
            {"If_None_Match": '"other"', "If_Modified_Since": head["Last-Modified"]},
            {"If_Modified_Since": "Thu, 29 Feb 2024 12:30:15 GMT"},
        ):
            answer = self.content(file, **headers)
            self.assertEqual((answer.status, answer.body), (200, b"0123456789"), headers)

    def test_range_of_another_version__gets_the_whole(self) -> None:
        if self.redirects:
            return  # The store evaluates it.
        file = self.upload(b"0123456789")
        head = self.content(file, "HEAD").headers
        for value, expected in (
            ('"other"', b"0123456789"),
            (head["ETag"], b"234"),
            (head["Last-Modified"], b"234"),
        ):
            answer = self.content(file, Range="bytes=2-4", If_Range=value)
            self.assertEqual(answer.body, expected, value)
            self.assertEqual(answer.status, 200 if len(expected) == 10 else 206)

    def test_range_that_the_site_ignores__gets_the_whole(self) -> None:
        if self.redirects:
            return  # Some stores answer it.
        file = self.upload(b"0123456789")
        for value in ("bytes=0-1,5-6", "bytes=5-2", "lines=1-2", "bytes=a-b"):
            answer = self.content(file, Range=value)
            self.assertEqual((answer.status, answer.body), (200, b"0123456789"), value)

    def test_any_name__comes_out_of_the_header_as_it_was(self) -> None:
        for name in NAMES[1:]:
            file = self.upload(b"0123456789", name)
            self.assert_described(self.content(file), file, Content_Length="10")

    def test_share_link__ends_after_its_last_download(self) -> None:
        file = self.upload(b"0123456789")
        body = json.dumps({"expires_in": 300, "max_downloads": 2}).encode()
        url = f"{self.api}files/{file['id']}/links/"
        made = self.fetch(url, "POST", body, Content_Type="application/json")
        self.assertEqual(made.status, 201, made.body)
        link = json.loads(made.body)["url"]
        answers = [self._anonymous(link) for _ in range(3)]
        self.assertEqual([answer.status for answer in answers], [200, 200, 404])
        self.assertEqual(answers[0].body, b"0123456789")
        self.assert_count(file, 2)

    def _anonymous(self, url: str) -> Answer:
        answer = self._send(url, "GET", None, {})
        if answer.status == 302:
            return self._send(answer.headers["Location"], "GET", None, {})
        return answer
