"""Requests to a site, each on a connection of its own."""

from __future__ import annotations

import http.client
import json
import logging
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urljoin, urlsplit

from org_files.client.progress import printable

logger = logging.getLogger("org_files.client")

#: Errors of a connection, after which a request is sent again, and those that come again then.
CUT = (OSError, http.client.HTTPException)
LASTING = (ssl.SSLCertVerificationError, http.client.InvalidURL)

#: Statuses of answers that a later request may not get; those from 520 on are Cloudflare's.
PASSING = (408, 423, 425, 429, 500, 502, 503, 504, *range(520, 525))

#: Bytes of an answer that are read where it is JSON.
MAX_JSON = 4 * 1024 * 1024
MAX_REDIRECTS = 5

HEADERS = {"User-Agent": "django-org-files-client", "Connection": "close"}

#: Seconds between two attempts: it doubles up to the second number.
FIRST_WAIT, LONGEST_WAIT = 0.25, 30.0


class ClientError(Exception):
    """A file could not be sent or fetched. ``code`` is that of the API's error, if it had one."""

    def __init__(self, message: str, *, status: int = 0, code: str = "") -> None:
        self.status = status
        self.code = code
        super().__init__(message)


@dataclass(frozen=True)
class Answer:
    """An answer that has been read."""

    status: int
    headers: Message
    body: bytes

    @property
    def values(self) -> dict[str, Any]:
        """The JSON object of the body; empty where it is none."""
        with suppress(ValueError):
            if isinstance(found := json.loads(self.body), dict):
                return found
        return {}

    @property
    def code(self) -> str:
        """The code of an error of the API; empty for an answer of another server."""
        return str(self.values.get("code", ""))

    @property
    def number(self) -> int | None:
        """The value of Upload-Offset."""
        text = self.headers.get("Upload-Offset", "")
        return int(text) if text.isascii() and text.isdigit() else None

    def error(self) -> ClientError:
        """Return an error with the message of the API, or else the phrase of the status."""
        values, location = self.values, self.headers.get("Location")
        text = values.get("detail") or (json.dumps(values, ensure_ascii=False) if values else "")
        if not text and 300 <= self.status < 400 and location:
            text = f"use the address {location}"
        text = text or http.client.responses.get(self.status, "an unknown status")
        message = f"The site answered {self.status}: {text}"
        return ClientError(message, status=self.status, code=self.code)


class Site:
    """The API of a site.

    Args:
        url: the address below which ``files/`` and ``uploads/`` are.
        token: sent as ``Authorization: Bearer TOKEN``, and to no other host. A function is called
            for one, and for another when the site no longer takes it.
        scheme: the word before the token.
        timeout: seconds that a connection may be silent.

    Raises ``ClientError`` for a URL or a token that cannot be.
    """

    def __init__(
        self,
        url: str,
        token: str | Callable[[], str] = "",
        *,
        scheme: str = "Bearer",
        timeout: float = 120,
    ) -> None:
        if not _is_address(url):
            raise ClientError("The URL of an API is like https://example.com/api/.")
        self.url = url if url.endswith("/") else f"{url}/"
        self.scheme = scheme
        self.timeout = timeout
        self._new_token = token if callable(token) else None
        self._authorize(token() if callable(token) else token)

    def _authorize(self, token: str) -> None:
        if not (token + self.scheme).isascii() or not (token + self.scheme).isprintable():
            raise ClientError("The token has characters that a header cannot have.")
        self._authorization = {"Authorization": f"{self.scheme} {token}"} if token else {}
        self._has_worked = False

    def is_passing(self, answer: Answer) -> bool:
        """Return whether another request may get another answer than ``answer``.

        After a 401 it has a new token, unless the last one never worked.
        """
        if answer.status == 401 and self._new_token is not None and self._has_worked:
            self._authorize(self._new_token())
            return True
        return answer.status in PASSING

    def here(self, location: str) -> str:
        """Return an address of this site with the path of ``location``.

        A server in front may have told the site another host than ours.
        """
        return urljoin(self.url, urlsplit(urljoin(self.url, location)).path)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        blocks: Iterable[bytes] = (),
        length: int | None = None,
    ) -> Answer:
        """Send a request and read its answer. Raises one of ``CUT``."""
        sent = dict(headers or {})
        if length is not None or method == "POST":
            sent["Content-Length"] = str(length or 0)
        with self._sent(method, url, sent, blocks) as response:
            body = response.read(MAX_JSON)
            if response.length and len(body) < MAX_JSON:
                raise http.client.IncompleteRead(body, response.length)
            return Answer(response.status, response.headers, body)

    def details(self, url: str, patience: Patience) -> dict[str, Any]:
        """Return the JSON of a file."""
        while True:
            try:
                answer = self.request("GET", url)
            except CUT as error:
                patience.wait(error)
                continue
            if answer.status == 200 and "id" in answer.values:
                return answer.values
            if not self.is_passing(answer):
                raise answer.error()
            patience.wait(answer.error(), answer.headers.get("Retry-After", ""))

    @contextmanager
    def opened(self, url: str, headers: Mapping[str, str]) -> Iterator[http.client.HTTPResponse]:
        """Send a GET, follow redirects, and yield the answer before its body is read.

        The token goes to this site alone. Raises ``ClientError`` for a redirect from HTTPS to HTTP.
        """
        for _ in range(MAX_REDIRECTS):
            with self._sent("GET", url, headers, ()) as response:
                location = response.headers.get("Location", "")
                if response.status not in (301, 302, 303, 307, 308) or not location:
                    yield response
                    return
            before, url = url, urljoin(url, location)
            schemes = urlsplit(before).scheme, urlsplit(url).scheme
            if schemes[1] not in ("http", "https") or schemes == ("https", "http"):
                raise ClientError("The site redirects to an address without HTTPS.")
        raise ClientError("The site redirects too often.")

    @contextmanager
    def _sent(
        self, method: str, url: str, headers: Mapping[str, str], blocks: Iterable[bytes]
    ) -> Iterator[http.client.HTTPResponse]:
        parts = urlsplit(url)
        is_here = parts[:2] == urlsplit(self.url)[:2]
        kind: type[http.client.HTTPConnection] = http.client.HTTPConnection
        if parts.scheme == "https":
            kind = http.client.HTTPSConnection
        with closing(kind(parts.netloc.rpartition("@")[2], timeout=self.timeout)) as connection:
            target = parts.path or "/"
            connection.putrequest(method, f"{target}?{parts.query}" if parts.query else target)
            own = self._authorization if is_here else {}
            for name, value in {**HEADERS, **headers, **own}.items():
                connection.putheader(name, value)
            connection.endheaders()
            with suppress(ConnectionError):
                # The site may refuse a body before it has read all of it: its answer is there.
                for block in blocks:
                    connection.send(block)
            response = connection.getresponse()
            self._has_worked |= is_here and response.status != 401
            yield response


def _is_address(url: str) -> bool:
    """Return whether ``url`` can be that of an API. A password in it would be ignored."""
    try:
        parts = urlsplit(url)
        is_known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return False
    is_plain = parts.path.isascii() and not (parts.query or parts.fragment or parts.username)
    return bool(is_known) and is_plain and url.isprintable() and " " not in url


class Patience:
    """Waits between attempts, up to so many without any progress."""

    def __init__(self, retries: int, sleep: Callable[[float], None] = time.sleep) -> None:
        self.retries = retries
        self._sleep = sleep
        self._failed = 0

    def reset(self) -> None:
        """Forget failures: something has arrived."""
        self._failed = 0

    def wait(self, error: Exception, seconds: str = "") -> None:
        """Wait after ``error``, or raise it. ``seconds`` is a Retry-After."""
        text = str(error) or type(error).__name__
        if not isinstance(error, ClientError):
            text = f"The connection failed: {text}"
        if self._failed >= self.retries or isinstance(error, LASTING):
            raise error if isinstance(error, ClientError) else ClientError(text) from error
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2**self._failed)
        if seconds.isascii() and seconds.isdigit():
            wait = min(float(seconds), 600.0)
        self._failed += 1
        logger.warning("%s. Trying again in %g s.", printable(text).rstrip("."), wait)
        self._sleep(wait)
