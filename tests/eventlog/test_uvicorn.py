"""The example site under uvicorn, whose own messages are masked as well."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from tests.eventlog.test_live import ask, eventually, log_of
from tests.servers.site import LiveSite


def test_lines_of_uvicorn__are_masked(tmp_path: Path) -> None:
    secrets = ("a-share-token", "b-share-token", "t0p-s3cret")
    options = ("--log-level", "info")
    with LiveSite(asgi=True, folder=tmp_path, server_options=options) as site:
        assert ask(site, "GET", "/api/shared/a-share-token/").status_code == 404
        assert ask(site, "GET", "/api/shared//b-share-token/").status_code == 404
        assert (
            ask(site, "GET", f"/api/files/{uuid4()}/content/?ticket=t0p-s3cret").status_code == 401
        )
        assert eventually(lambda: "/content/?ticket=*** HTTP/1.1" in site.output(), 5)

    written = {"console": site.output(), "file": log_of(site)}
    for name, text in written.items():
        assert '"GET /api/shared/***/ HTTP/1.1" 404' in text, name
        assert '"GET /api/shared//***/ HTTP/1.1" 404' in text, name
        assert "Application startup complete." in text, name
        assert [secret for secret in secrets if secret in text] == [], name


@pytest.mark.sweep
@pytest.mark.parametrize(
    "options", [("--log-level", "info", "--no-access-log"), ("--log-level", "warning")]
)
def test_options_of_uvicorn__apply(tmp_path: Path, options: tuple[str, ...]) -> None:
    with LiveSite(asgi=True, folder=tmp_path, server_options=options) as site:
        for _ in range(3):
            assert ask(site, "GET", "/api/files/").status_code == 401
        assert eventually(lambda: site.output().count("access.denied") == 1, 5)

    text = site.output() + log_of(site)
    assert "HTTP/1.1" not in text
    assert ("Application startup complete." in text) is ("info" in options)
