"""The rivals of the package's download view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
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
