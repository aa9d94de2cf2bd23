"""The rivals of the package's views of downloads and lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Max, OuterRef, QuerySet, Subquery
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import filters, generics, pagination, serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from org_files import get_file_model, get_organization_model
from org_files.models import Download, Membership


class NaiveDownloadView(APIView):
    """The view of a tutorial: find, authorize, add one to each total, send."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request, id: str) -> FileResponse:
        """Answer with the bytes of a file of one's own organization."""
        file: Any = get_object_or_404(get_file_model(), public_id=id)
        if not Membership.objects.filter(
            user=request.user, organization=file.organization_id
        ).exists():
            raise Http404
        with transaction.atomic():
            Download.objects.create(
                file=file,
                file_public_id=file.public_id,
                organization_id=file.organization_id,
                user=request.user,
                downloaded_at=timezone.now(),
            )
            counted = {"folded_download_count": F("folded_download_count") + 1}
            get_file_model().objects.filter(pk=file.pk).update(**counted)
            get_organization_model().objects.filter(pk=file.organization_id).update(**counted)
        return FileResponse(file.content.open("rb"), as_attachment=True, filename=file.name)


def bare(request: HttpRequest, key: str) -> FileResponse:
    """Answer every request with a file: the least that Django can do."""
    return FileResponse(Path(settings.MEDIA_ROOT, key).open("rb"), as_attachment=True)


def accel(request: HttpRequest, key: str) -> HttpResponse:
    """Point nginx to a file, without asking who reads it."""
    return HttpResponse(headers={"X-Accel-Redirect": f"/internal/{key}"})


class RowSerializer(serializers.Serializer[Any]):
    """What the package shows of a file, as plain columns."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    size = serializers.IntegerField()
    organization = serializers.PrimaryKeyRelatedField(read_only=True)
    owner = serializers.PrimaryKeyRelatedField(read_only=True)
    comment = serializers.CharField()
    created_at = serializers.DateTimeField()
    download_count = serializers.IntegerField()
    last_downloaded_at = serializers.DateTimeField()


class Pages(pagination.PageNumberPagination):
    """Numbered pages of the same size as the package's."""

    page_size = 50


class ListView(generics.ListAPIView[Any]):
    """The list of a tutorial: files of one's organizations, searched and ordered by DRF."""

    serializer_class = RowSerializer
    pagination_class = Pages
    filter_backends = (filters.SearchFilter, filters.OrderingFilter)
    search_fields = ("name", "comment")
    ordering_fields = ("created_at", "name", "size", "download_count", "last_downloaded_at")
    ordering = ("-created_at",)
    totals: dict[str, Any]

    def get_queryset(self) -> QuerySet[Any]:
        """Return the files."""
        files: Any = get_file_model()._base_manager.annotate(**self.totals)
        memberships = Membership.objects.filter(user=self.request.user)
        return files.filter(organization__in=memberships.values("organization"), deleted_at=None)


class NaiveListView(ListView):
    """Downloads are counted as they are shown."""

    ledger = (
        Download.objects.filter(file_public_id=OuterRef("public_id"))
        .order_by()
        .values("file_public_id")
    )
    totals = {
        "download_count": Subquery(ledger.annotate(n=Count("pk")).values("n")),
        "last_downloaded_at": Subquery(ledger.annotate(at=Max("downloaded_at")).values("at")),
    }


class PlainListView(ListView):
    """Totals are columns of the file, which is what F() + 1 keeps."""

    totals = {
        "download_count": F("folded_download_count"),
        "last_downloaded_at": F("folded_last_downloaded_at"),
    }
