"""Views of share links, for the users who manage them."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from org_files.access import Action
from org_files.ids import parse_public_id
from org_files.links import create_link, revoke_link
from org_files.models import ShareLink
from org_files.rest.base import BaseView
from org_files.rest.filters import LinkFilterSet, StateFilterSet
from org_files.rest.link_serializers import LinkChangeSerializer, LinkSerializer, NewLinkSerializer
from org_files.rest.views.files import FileMixin
from org_files.rest.views.lists import ListView
from org_files.tiers import TIER


class LinkShape(BaseView):
    """Views that answer with links."""

    tag = "Share links"
    serializer_class: Any = LinkSerializer

    def answer(self, link: ShareLink, **options: Any) -> Response:
        """Return the response with the JSON of one link."""
        body = LinkSerializer(link, context=self.get_serializer_context()).data
        return Response(body, **options)


class LinkLists(LinkShape, ListView):
    """Base of lists of links, newest first."""

    ordering_fields = ("created_at", "expires_at", "download_count")
    ordering_sources = {"download_count": "used"}
    ordering = "-created_at"

    def filter_queryset(self, queryset: Any) -> Any:
        return super().filter_queryset(queryset).select_related("file", "created_by")


class FileLinksView(FileMixin, LinkLists):
    """List the links to a file.

    The links of all creators, newest first. For the owner of the file while they may upload to its
    organization, admins of the organization, and operators.
    """

    operation_ids = {"GET": "files_links", "POST": "files_links_create"}
    errors = {
        "GET": ("permission_denied",),
        "POST": ("links_not_in_tier", "height_not_in_tier", "original_not_in_tier", "conflict"),
    }
    filterset_class = StateFilterSet
    request_serializers = {"POST": NewLinkSerializer}

    def get_queryset(self) -> QuerySet[ShareLink]:
        file = self.get_file(Action.LINK)
        return ShareLink.objects.filter(file=file.pk)

    def post(self, request: Request, id: str) -> Response:
        """Create a link to a file.

        All who have its `url` can download the file without a login, or with `rendition` one height
        of the picture, until the link expires, is revoked or is used up, the file is deleted, or
        the creator may no longer share the file. The organization's tier decides whether links are
        allowed, and for how long. For the owner of the file while they may upload to its
        organization, admins of the organization, and operators.
        """
        file = self.get_file(Action.LINK)
        link = create_link(file=file, user=request.user, **self.validated().validated_data)
        return self.answer(link, status=status.HTTP_201_CREATED)


class LinkListView(LinkLists):
    """List one's own links.

    The links that the requester created, to files that they may still change, newest first. With
    `organization`, the links of all creators to its files that the requester may change.
    """

    operation_ids = {"GET": "links_list"}
    filterset_class = LinkFilterSet

    def get_queryset(self) -> QuerySet[ShareLink]:
        links = self.policy.visible_links(self.user)
        asks_for_all = self.request.query_params.get("organization")
        return links if asks_for_all else links.filter(created_by=self.user.pk)


class LinkView(LinkShape):
    """One link."""

    operation_ids = {"GET": "links_retrieve", "PATCH": "links_update", "DELETE": "links_revoke"}
    errors = {"PATCH": ("links_not_in_tier",)}
    request_serializers = {"PATCH": LinkChangeSerializer}

    def get(self, request: Request, id: str) -> Response:
        """Show a link.

        The link with its URL. For those who may change the file.
        """
        return self.answer(self.get_link())

    def patch(self, request: Request, id: str) -> Response:
        """Change a link.

        Changes the fields that are sent. The URL stays the same, and a revoked link stays revoked.
        For those who may create the link.
        """
        link = self.get_link()
        self.require(Action.LINK, link.file)
        self.validated(link, partial=True).save()
        return self.answer(self.get_link())

    def delete(self, request: Request, id: str) -> Response:
        """Revoke a link.

        Ends the link at once and for good. It stays in the lists for some time, as `revoked`. For
        those who may change the file.
        """
        revoke_link(link=self.get_link())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_link(self) -> ShareLink:
        """Return the link of the URL. Raises ``NotFound`` for one that the user does not manage."""
        visible = self.policy.visible_links(self.user)
        links = visible.select_related("file", f"file__{TIER}", "created_by")
        return self.get_or_404(links, public_id=parse_public_id(self.kwargs["id"]))
