"""Requests to a site, each on a connection of its own."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urljoin, urlsplit

#: Errors of a connection, after which a request is sent again.
CUT = (OSError, http.client.HTTPException)

#: Statuses of answers that a later request may not get.
PASSING = (408, 423, 425, 429, 500, 502, 503, 504)

#: Bytes of an answer that are read where it is JSON.
MAX_JSON = 4 * 1024 * 1024
MAX_REDIRECTS = 5

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
        """Return an error that has the message of this answer."""
        detail = self.values.get("detail") or self.body[:200].decode(errors="replace")
        text = detail if isinstance(detail, str) else json.dumps(detail)
        message = f"The site answered {self.status}: {text.strip() or 'without a text'}"
        return ClientError(message, status=self.status, code=self.code)


class Site:
    """The API of a site.

    Args:
        url: the address below which ``files/`` and ``uploads/`` are.
        token: sent as ``Authorization: Bearer TOKEN``, and to no other host.
        scheme: the word before the token.
        timeout: seconds that a connection may be silent.
    """

    def __init__(
        self, url: str, token: str = "", *, scheme: str = "Bearer", timeout: float = 120
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ClientError(f"{url} is not the URL of a site.")
        if not (token + scheme).isascii() or not (token + scheme).isprintable():
            raise ClientError("The token has characters that a header cannot have.")
        self.url = url if url.endswith("/") else f"{url}/"
        self.timeout = timeout
        self._authorization = {"Authorization": f"{scheme} {token}"} if token else {}

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
            for name, value in {**headers, **own, "Connection": "close"}.items():
                connection.putheader(name, value)
            connection.endheaders()
            with suppress(ConnectionError):
                # The site may refuse a body before it has read all of it: its answer is there.
                for block in blocks:
                    connection.send(block)
            yield connection.getresponse()


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
        if self._failed >= self.retries:
            if isinstance(error, ClientError):
                raise error
            raise ClientError(f"The connection failed: {error!r}") from error
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2**self._failed)
        if seconds.isascii() and seconds.isdigit():
            wait = min(float(seconds), 600.0)
        self._failed += 1
        self._sleep(wait)
