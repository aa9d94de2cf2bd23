"""The bytes of files, and of their pictures in smaller heights."""

from __future__ import annotations

import re
from dataclasses import replace

from django.db import Error as DatabaseFailure
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from org_files import counters
from org_files.db.prepared import PreparedQuery
from org_files.delivery import Deliverable, Plan, get_delivery, is_conditional
from org_files.exceptions import ContentUnavailable, OriginalNotInTier, StorageUnavailable
from org_files.models import AbstractFile
from org_files.rest.errors import NotFound
from org_files.rest.views.deliverables import ByteView, deliver, disposition_of, original
from org_files.rest.views.files import FileMixin
from org_files.tiers import TIER, allows_original, original_allowed

__all__ = ["FileContentView", "RenditionView"]

AnyFiles = QuerySet[AbstractFile] | PreparedQuery


class FileContentView(ByteView, FileMixin):
    """The bytes of one file."""

    tag = "Files"
    operation_ids = {"GET": "files_content"}
    errors = {"GET": ("original_not_in_tier",)}

    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Download a file.

        The content under its original name, whatever `Accept` says. `HEAD` answers with the same
        headers and no content. Conditional and range requests follow RFC 9110; a request for
        several ranges is answered with the whole content.

        Each download counts once, before its first byte is sent. `HEAD`, 304 and errors do not
        count, and the ranges that one requester fetches within an hour count as one download.

        The original of a picture is available only if the organization's tier allows it.
        """
        inline = disposition_of(request) == "inline"
        if request.method == "GET" and not is_conditional(request.headers):
            return self._whole(request, inline=inline)
        file = self._file()
        item = original(file, inline=inline)
        answer = item.plan(request._request)
        response = self._deliver(item, answer)
        if request.method == "GET" and answer.has_content:
            # The store has answered, so that there will be nothing to take back.
            record = counters.record_range if answer.is_partial else counters.record_download
            try:
                record(file=file, user=request.user)
            except DatabaseFailure:
                response.close()
                raise
        return response

    def _whole(self, request: Request, *, inline: bool) -> HttpResponseBase:
        """Find and count in one statement: what most downloads are."""
        files = self.policy.prepared_file(self.user, self.public_id())
        granted = counters.grant_download(_given_whole(files), user=request.user)
        if granted is None:
            self._file()
            raise NotFound
        file, download = granted
        item = original(file, inline=inline)
        try:
            return self._deliver(item, item.plan(request._request))
        except (NotFound, StorageUnavailable):
            counters.withdraw_download(download)
            raise

    def _file(self) -> AbstractFile:
        """Return the file of the URL. Raises ``NotFound`` and ``OriginalNotInTier``."""
        file = self.get_file(self.visible().select_related("organization", TIER))
        if not allows_original(file):
            raise OriginalNotInTier
        return file

    def _deliver(self, item: Deliverable, answer: Plan) -> HttpResponseBase:
        try:
            return get_delivery().deliver(self.request._request, item, answer)
        except ContentUnavailable:
            # Removed for good at this moment, the bytes with it; or lost.
            self.get_file()
            raise


class RenditionView(ByteView, FileMixin):
    """One height of a picture, made when it is first asked for."""

    tag = "Files"
    operation_ids = {"GET": "files_rendition"}
    errors = {"GET": ("height_not_in_tier", "not_a_picture", "renditions_busy", "storage_full")}

    def get(self, request: Request, id: str, height: str) -> HttpResponseBase:
        """Download a picture in one height.

        The picture in that height, upright and without metadata. It is made on the first request
        and kept. A smaller picture keeps its own height. The file name ends in the suffix of the
        rendition's format, JPEG or PNG. `HEAD` answers with the same headers and no content.

        Available to all who see the file, in the heights of the organization's tier, or in the
        site's heights without a tier. It does not count as a download.
        """
        inline = disposition_of(request) == "inline"
        file = self.get_file(self.visible().select_related("organization", TIER))
        if not file.is_picture or not re.fullmatch(r"[1-9][0-9]{0,9}", height, re.ASCII):
            raise NotFound
        response, _plan = deliver(request._request, file, int(height), inline=inline)
        return response


def _given_whole(files: AnyFiles) -> AnyFiles:
    """Return ``files`` without those whose tier does not give away the original."""
    if not isinstance(files, PreparedQuery):
        return files.filter(original_allowed())
    template, queryset = files.template, files.queryset
    return replace(
        files,
        key=(files.key, "given whole"),
        template=lambda: template().filter(original_allowed()),
        queryset=lambda: queryset().filter(original_allowed()),
    )
