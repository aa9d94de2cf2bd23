"""Views of share links for the users who manage them, and of tickets."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from org_files.access import Action
from org_files.exceptions import HeightNotInTier, InvalidField, OriginalNotInTier
from org_files.links import create_link, revoke_link
from org_files.models import ShareLink
from org_files.rest.base import BaseView
from org_files.rest.fields import content_url, parse_public_id, rendition_url
from org_files.rest.filters import LinkFilterSet, StateFilterSet
from org_files.rest.link_serializers import (
    LinkChangeSerializer,
    LinkSerializer,
    NewLinkSerializer,
    TicketRequestSerializer,
    TicketSerializer,
)
from org_files.rest.tickets import new_ticket
from org_files.rest.views.files import FileMixin
from org_files.rest.views.lists import ListView
from org_files.tiers import TIER, allows_original, heights_of


class LinkLists(ListView):
    """Base of lists of links, newest first."""

    ordering_fields = ("created_at", "expires_at", "download_count")
    ordering_sources = {"download_count": "used"}
    ordering = "-created_at"
    nullable_ordering = frozenset({"expires_at"})
    cursor_fields = ("created_at",)
    serializer_class: Any = LinkSerializer

    def shown(self, links: QuerySet[ShareLink]) -> QuerySet[ShareLink]:
        """Join the rows that the JSON of a link shows."""
        return links.select_related("file", "created_by")


class FileLinksView(FileMixin, LinkLists):
    """List the links to a file.

    The links of all creators, newest first. For the owner of the file while they may upload to its
    organization, admins of the organization, and operators.
    """

    tag = "Share links"
    operation_ids = {"GET": "files_links", "POST": "files_links_create"}
    errors = {
        "GET": ("permission_denied",),
        "POST": ("links_not_in_tier", "height_not_in_tier", "original_not_in_tier", "conflict"),
    }

    filterset_class = StateFilterSet
    request_serializers = {"POST": NewLinkSerializer}

    def get_queryset(self) -> QuerySet[ShareLink]:
        """Return the links of every creator. Raises ``PermissionDenied``."""
        file = self.get_file()
        self.require(Action.LINK, file)
        return self.shown(ShareLink.objects.filter(file=file.pk))

    def post(self, request: Request, id: str) -> Response:
        """Create a link to a file.

        All who have its `url` can download the file without a login, or with `rendition` one height
        of the picture, until the link expires, is revoked or is used up, the file is deleted, or
        the creator may no longer share the file. The organization's tier decides whether links are
        allowed, and for how long. For the owner of the file while they may upload to its
        organization, admins of the organization, and operators.
        """
        file = self.get_file(self.visible().select_related("organization", TIER))
        self.require(Action.LINK, file)
        link = create_link(file=file, user=request.user, **self.validated().validated_data)
        body = LinkSerializer(link, context=self.get_serializer_context()).data
        return Response(body, status=status.HTTP_201_CREATED)


class LinkListView(LinkLists):
    """List one's own links.

    The links that the requester created, to files that they may still change, newest first. With
    `organization`, the links of all creators to its files that the requester may change.
    """

    tag = "Share links"
    operation_ids = {"GET": "links_list"}

    filterset_class = LinkFilterSet

    def get_queryset(self) -> QuerySet[ShareLink]:
        """Return the links of the policy."""
        links = self.policy.visible_links(self.user)
        if not self.request.query_params.get("organization"):
            links = links.filter(created_by=self.user.pk)
        return self.shown(links)


class LinkView(BaseView):
    """One link."""

    tag = "Share links"
    operation_ids = {"GET": "links_retrieve", "PATCH": "links_update", "DELETE": "links_revoke"}
    errors = {"PATCH": ("links_not_in_tier",)}

    serializer_class = LinkSerializer
    request_serializers = {"PATCH": LinkChangeSerializer}

    def get(self, request: Request, id: str) -> Response:
        """Show a link.

        The link with its URL. For those who may change the file.
        """
        return self._answer(self._link())

    def patch(self, request: Request, id: str) -> Response:
        """Change a link.

        Changes the fields that are sent. The URL stays the same, and a revoked link stays revoked.
        For those who may create the link.
        """
        link = self._link()
        self.require(Action.LINK, link.file)
        self.validated(link, partial=True).save()
        return self._answer(self._link())

    def delete(self, request: Request, id: str) -> Response:
        """Revoke a link.

        Ends the link at once and for good. It stays in the lists for some time, as `revoked`. For
        those who may change the file.
        """
        revoke_link(link=self._link())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _link(self) -> ShareLink:
        """Return the link of the URL. Raises ``NotFound`` for one that the user does not manage."""
        visible = self.policy.visible_links(self.user)
        links = visible.select_related("file", f"file__{TIER}", "created_by")
        return self.get_or_404(links, public_id=parse_public_id(self.kwargs["id"]))

    def _answer(self, link: ShareLink) -> Response:
        return Response(LinkSerializer(link, context=self.get_serializer_context()).data)


class TicketView(FileMixin):
    """A URL that a browser fetches without a header."""

    tag = "Files"
    operation_ids = {"POST": "files_ticket"}
    errors = {"POST": ("height_not_in_tier", "original_not_in_tier")}

    serializer_class = TicketRequestSerializer

    def post(self, request: Request, id: str) -> Response:
        """Create a ticket for a file.

        A signed URL of the content, or with `height` of one height of the picture, that `<a>`,
        `<img>` or `<video>` can fetch without a header. It is valid for a few minutes, for this
        content only, and with the requester's access, which is checked on each use.
        """
        file = self.get_file(self.visible().select_related("organization", TIER))
        height = self.validated().validated_data.get("height")
        if height is None:
            if not allows_original(file):
                raise OriginalNotInTier
            url = content_url(file, request)
        elif not file.is_picture:
            raise InvalidField("height", _("This file is no picture."))
        elif height not in heights_of(file):
            raise HeightNotInTier
        else:
            url = rendition_url(file, height, request)
        query, until = new_ticket(user=request.user, file=file, height=height)
        return Response(TicketSerializer({"url": f"{url}?{query}", "expires_at": until}).data)
