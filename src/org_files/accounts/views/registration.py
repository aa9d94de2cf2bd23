"""Registration."""

from __future__ import annotations

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from org_files.accounts.serializers import RegistrationSerializer
from org_files.accounts.views.users import user_json
from org_files.rest.base import PublicView


class RegistrationView(PublicView):
    """Register."""

    tag = "Accounts"
    operation_ids = {"POST": "auth_register"}
    errors = {"POST": ("registration_closed", "conflict")}

    serializer_class = RegistrationSerializer
    throttle_scopes = {"POST": "org_files_registration"}

    def post(self, request: Request) -> Response:
        """Register.

        Creates an account. It does not log in. The site decides whether the user joins an
        organization at once, which fields a profile has, and which passwords are allowed.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = self.save(serializer)
        return Response(user_json(user, request), status=status.HTTP_201_CREATED)
