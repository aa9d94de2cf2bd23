"""The bytes of files."""

from __future__ import annotations

from typing import Any

from django.db import Error as DatabaseFailure
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from org_files import counters
from org_files.delivery import Deliverable, Plan, get_delivery, is_conditional
from org_files.exceptions import ContentUnavailable, StorageUnavailable
from org_files.models import AbstractFile
from org_files.rest.base import IgnoreAccept
from org_files.rest.errors import NotFound
from org_files.rest.tickets import PARAMETER as TICKET
from org_files.rest.tickets import TicketAuthentication
from org_files.rest.views.files import FileMixin
from org_files.storage import original_storage

__all__ = ["FileContentView", "disposition_of", "original"]


class FileContentView(FileMixin):
    """The bytes of one file."""

    content_negotiation_class = IgnoreAccept
    renderer_classes = (JSONRenderer,)  # for errors

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Return the host's authenticators, or that of tickets where the URL has one."""
        # None while drf-spectacular describes the view.
        request: Any = self.request
        if request and TICKET in request.GET and request.method in ("GET", "HEAD"):
            return [TicketAuthentication()]
        return super().get_authenticators()

    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Answer with the bytes, or as much of them as is asked for; count the download first."""
        inline = disposition_of(request) == "inline"
        if request.method == "GET" and not is_conditional(request.headers):
            return self._whole(request, inline=inline)
        file = self.get_file()
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
        granted = counters.grant_download(files, user=request.user)
        if granted is None:
            raise NotFound
        file, download = granted
        item = original(file, inline=inline)
        try:
            return self._deliver(item, item.plan(request._request))
        except (NotFound, StorageUnavailable):
            counters.withdraw_download(download)
            raise

    def _deliver(self, item: Deliverable, answer: Plan) -> HttpResponseBase:
        try:
            return get_delivery().deliver(self.request._request, item, answer)
        except ContentUnavailable:
            # Removed for good at this moment, the bytes with it; or lost.
            self.get_file()
            raise


def disposition_of(request: Request) -> str:
    """Return ``"attachment"`` or ``"inline"``, as asked. Raises ``ValidationError``."""
    disposition: str = request.query_params.get("disposition", "attachment")
    if disposition not in ("attachment", "inline"):
        message = _("Takes attachment or inline.")
        raise exceptions.ValidationError({"disposition": [message]})
    return disposition


def original(file: AbstractFile, *, inline: bool) -> Deliverable:
    """Return the bytes of ``file`` as they leave."""
    return Deliverable(
        # Not the field's: that is the storage of the settings when the model was loaded.
        storage=original_storage(),
        key=file.content.name or "",
        name=file.name,
        size=file.size,
        digest=file.sha256,
        last_modified=file.created_at,
        content_type=file.content_type,
        inline=inline,
    )
