"""What leaves of a file: the original, or one height of a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from org_files.delivery import Deliverable, Plan, get_delivery
from org_files.exceptions import ContentUnavailable
from org_files.models import AbstractFile, Rendition
from org_files.picture_types import PICTURE_SUFFIXES, PICTURES
from org_files.pictures import get_rendition
from org_files.rest.base import BaseView, IgnoreAccept
from org_files.rest.tickets import PARAMETER as TICKET
from org_files.rest.tickets import TicketAuthentication
from org_files.storage import original_storage, rendition_storage

__all__ = ["ByteView", "deliver", "disposition_of", "original"]


class ByteView(BaseView):
    """Base of views that answer with bytes, to who has a ticket, too."""

    content_negotiation_class = IgnoreAccept
    renderer_classes = (JSONRenderer,)  # for errors

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Return the host's authenticators, or that of tickets where the URL has one."""
        # Without a request where the view is described, not called.
        request = self.request
        if request is not None and TICKET in request.GET and request.method in ("GET", "HEAD"):
            return [TicketAuthentication()]
        return super().get_authenticators()

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add what keeps a ticket from other sites, also where it is refused."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


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


def height_of(file: AbstractFile, rendition: Rendition, *, inline: bool) -> Deliverable:
    """Return one height of ``file`` as it leaves."""
    suffixes = PICTURES[rendition.content_type].suffixes
    # The name of the file, but for an end that would promise another format.
    path = PurePath(file.name)
    end = path.suffix.lower()
    name = file.name
    if end not in suffixes:
        name = f"{path.stem if end in PICTURE_SUFFIXES else file.name}{suffixes[0]}"
    return Deliverable(
        storage=rendition_storage(),
        key=rendition.key,
        name=name,
        size=rendition.size,
        digest=rendition.sha256,
        last_modified=rendition.created_at,
        content_type=rendition.content_type,
        inline=inline,
    )


def deliver(
    request: HttpRequest,
    file: AbstractFile,
    height: int | None,
    *,
    inline: bool,
    admit: Callable[[Plan], None] = lambda _: None,
) -> tuple[HttpResponseBase, Plan]:
    """Return the answer with one height of ``file``, or for ``None`` the whole, and its plan.

    ``admit`` is given the plan before the bytes are opened, and raises where they must not leave.
    Raises as ``get_rendition`` does, and ``StorageUnavailable``.
    """
    if height is None:
        return _deliver(request, original(file, inline=inline), admit)
    rendition = get_rendition(file=file, height=height)
    try:
        return _deliver(request, height_of(file, rendition, inline=inline), admit)
    except ContentUnavailable:
        # Lost, unlike an original not for ever.
        rendition.delete()
    rendition = get_rendition(file=file, height=height)
    return _deliver(request, height_of(file, rendition, inline=inline), admit)


def _deliver(
    request: HttpRequest, item: Deliverable, admit: Callable[[Plan], None]
) -> tuple[HttpResponseBase, Plan]:
    plan = item.plan(request)
    admit(plan)
    return get_delivery().deliver(request, item, plan), plan
