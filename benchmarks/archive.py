"""An archive of many files, filled by the database itself, and a site over it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.models import Model

from benchmarks.environment import Environment, connected_to, database
from benchmarks.processor import measured
from benchmarks.rounds import Sample, repeated
from benchmarks.seed import Hot, access_token, make_hot
from org_files import get_file_model, get_organization_model
from org_files.files.quotas import verify_usage
from org_files.models import DailyDownloads, Download, Membership, Role
from tests.servers.site import LiveSite

#: Words that so many files have in their name, or in their comment, however many files there are.
RARE = 50
RARE_NAME, RARE_COMMENT, IN_EVERY_NAME = "zebra", "okapi", "report"
IN_TRASH = 100
PER_RESOURCE = 20

#: Each copied row is a second older than the one before.
EARLIER = "\"row\".created_at - g * interval '1 s'"


@dataclass
class Archive:
    """A site over a database, and a member of all its organizations."""

    site: LiveSite
    url: str
    hot: Hot
    files: int
    places: Mapping[str, Any]
    _headers: dict[str, str] = field(default_factory=dict)
    _until: float = 0

    def get(self, path: str) -> Any:
        """Return the answer to a request of the API."""
        if time.monotonic() > self._until:
            self._headers = access_token(self.hot.user)
            self._until = time.monotonic() + 120
        client = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=300)
        try:
            client.request("GET", path.format(**self.places), headers=self._headers)
            answer = client.getresponse()
            content = answer.read()
        finally:
            client.close()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path}: {answer.status}")
        is_json = "json" in answer.getheader("Content-Type", "")
        return json.loads(content) if is_json else content

    def turn(self, path: str, seconds: float) -> Sample:
        """Ask for so many seconds, at least once."""
        ask = partial(self.get, path)
        return measured(partial(repeated, ask, seconds), [self.site.pid])

    def index(self, *, drop: bool = False) -> None:
        """Build the index of searches, or drop it."""
        with connected_to(self.url):
            with connection.cursor() as cursor:
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            call_command("org_files_search_index", drop=drop, stdout=StringIO())

    def wrong_totals(self, path: str) -> list[str]:
        """Return the files of a page whose totals are not those of the ledger."""
        shown = {row["id"]: row["download_count"] for row in self.get(path)["results"]}
        with connected_to(self.url):
            return [
                f"{key}: {count}"
                for key, count in shown.items()
                if count != Download.objects.filter(file_public_id=key).count()
            ]


@contextmanager
def archive(environment: Environment, *, files: int, organizations: int) -> Iterator[Archive]:
    """Serve so many files, three times as many downloads in the ledger, and none pending.

    An archive of the same size that an earlier benchmark of the run has filled is used again.
    """
    size = (files, organizations)
    if size not in environment.archives:
        name = f"{files}_in_{organizations}"
        made = database(environment.variables["DATABASE_URL"], name, environment.template)
        url = environment.stack.enter_context(made)
        with connected_to(url):
            environment.archives[size] = (url, _fill(files, organizations))
        LiveSite.migrated.add(url)  # as its template is
    url, hot = environment.archives[size]
    places = {
        "file": hot.file.public_id,
        "organization": hot.file.organization_id,
        "owner": hot.user.pk,
        "deep": max(1, files // 100),  # half way, by 50
        "last": -(-(files + 1 - IN_TRASH) // 50),
    }
    with LiveSite({**environment.variables, "DATABASE_URL": url}, workers=1) as site:
        yield Archive(site, url, hot, files, places)


def _fill(files: int, organizations: int) -> Hot:
    """Fill an empty database; return the file that has bytes, and the member."""
    hot = make_hot()
    Membership.objects.update(role=Role.ADMIN)
    first = hot.file.organization_id
    organization = f"{first} + g % {organizations}"
    named = {"name": "'Organization ' || g", "created_at": EARLIER}
    _copy(get_organization_model(), organizations - 1, named)
    _copy(Membership, organizations - 1, {"organization_id": f"{first} + g"})
    _copy(
        get_file_model(),
        files,
        {
            "public_id": "gen_random_uuid()",
            "organization_id": organization,
            "owner_id": f"CASE WHEN g % 10 = 0 THEN {hot.user.pk} END",
            "name": f"md5(g::text) || ' {IN_EVERY_NAME}'"
            f" || {_sometimes(files, RARE, f' {RARE_NAME}')}",
            "comment": _sometimes(files, RARE, f"an {RARE_COMMENT}", 1),
            "content": "'missing/' || g",
            "size": "g::bigint * 7919 % 1000003",
            "resource": "'case'",
            "resource_id": f"(g % {-(-files // PER_RESOURCE)})::text",
            "created_at": EARLIER,
            "deleted_at": f"CASE WHEN g <= {min(IN_TRASH, files // 10)} THEN now() END",
            "folded_download_count": "1 + g % 5",
            "folded_last_downloaded_at": EARLIER,
        },
    )
    _count_downloads(hot)
    verify_usage(repair=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return hot


def _count_downloads(hot: Hot) -> None:
    """Add to the ledger, and to organizations and days, what the totals of the files say."""
    models = (get_file_model(), get_organization_model(), Download, DailyDownloads)
    file, organization, ledger, days = (model._meta.db_table for model in models)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {ledger} (file_id, file_public_id, organization_id, user_id,"
            f" downloaded_at) SELECT id, public_id, organization_id, {hot.user.pk},"
            " folded_last_downloaded_at - (g - 1) * interval '1 hour'"
            f" FROM {file}, generate_series(1, folded_download_count) g"
        )
        cursor.execute(
            f"UPDATE {organization} SET folded_download_count = total,"
            " folded_last_downloaded_at = at FROM"
            " (SELECT organization_id, count(*) AS total, max(downloaded_at) AS at"
            f" FROM {ledger} GROUP BY 1) counted WHERE id = counted.organization_id"
        )
        cursor.execute(
            f"INSERT INTO {days} (organization_id, day, download_count) SELECT organization_id,"
            f" (downloaded_at AT TIME ZONE 'UTC')::date, count(*) FROM {ledger} GROUP BY 1, 2"
        )


def _copy(model: type[Model], number: int, changed: Mapping[str, str]) -> None:
    """Insert rows like the first one, with other values of some columns; ``g`` counts them."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(changed.get(field.column, f'"row"."{field.column}"') for field in fields)
    with connection.cursor() as cursor:
        table = model._meta.db_table
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {values} FROM"
            f' (SELECT * FROM {table} ORDER BY {model._meta.pk.column} LIMIT 1) "row",'
            f" generate_series(1, {number}) g"
        )


def _sometimes(of: int, number: int, text: str, offset: int = 0) -> str:
    """Return SQL of ``text`` for so many rows, and of no text for the others."""
    return f"CASE WHEN g % {max(2, of // number)} = {offset} THEN '{text}' ELSE '' END"
