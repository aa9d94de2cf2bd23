"""Registration."""

from __future__ import annotations

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from org_files.accounts.serializers import RegistrationSerializer
from org_files.accounts.views.users import user_json
from org_files.rest.base import PublicView

__all__ = ["RegistrationView"]


class RegistrationView(PublicView):
    """Register."""

    serializer_class = RegistrationSerializer
    throttle_scopes = {"POST": "org_files_registration"}

    def post(self, request: Request) -> Response:
        """Create an account, and do what follows on this site. Logs nobody in."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = self.save(serializer)
        return Response(user_json(user, request), status=status.HTTP_201_CREATED)
