"""One's own picture. There where Pillow is."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from org_files import conf
from org_files.accounts.avatars import remove_avatar, set_avatar
from org_files.accounts.serializers import AvatarSerializer
from org_files.accounts.views.users import user_json
from org_files.exceptions import NotAPicture
from org_files.rest.base import BaseView
from org_files.rest.parsers import MultiPartParser

#: Bytes. More than a camera makes of one picture.
MAX_SIZE = 32 * 1024 * 1024


class AvatarView(BaseView):
    """One's own picture."""

    tag = "Accounts"
    operation_ids = {"PUT": "users_me_avatar_update", "DELETE": "users_me_avatar_delete"}
    errors = {"PUT": ("renditions_busy",)}

    serializer_class = AvatarSerializer
    parser_classes = (MultiPartParser,)
    throttle_scopes = {"PUT": "org_files_upload"}
    file_fields = {"PUT": ("avatar",)}

    @property
    def max_upload_size(self) -> int:
        """The largest upload accepted, in bytes."""
        return min(conf.max_file_size() or MAX_SIZE, MAX_SIZE)

    def get_parsers(self) -> list[BaseParser]:
        """Return that of pictures; what comes with a DELETE, as with any other, is not used."""
        # None while drf-spectacular describes the view.
        request: Any = self.request
        view = BaseView if request and request.method == "DELETE" else self
        return [parser() for parser in view.parser_classes]

    def get_object(self) -> Any:
        """Return the requester: OPTIONS asks for what a PUT changes."""
        return self.user

    def put(self, request: Request) -> Response:
        """Upload one's own picture.

        Stores a small version of the picture: upright, without metadata, at most 200 pixels wide
        and high. It replaces the previous one.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if len(request.FILES.getlist("avatar")) > 1:
            raise exceptions.ValidationError({"avatar": [_("Takes one file at a time.")]})
        try:
            set_avatar(user=self.user, upload=serializer.validated_data["avatar"])
        except NotAPicture as error:
            raise exceptions.ValidationError({"avatar": [error.message]}, error.code) from error
        return Response(user_json(self.user, request))

    def delete(self, request: Request) -> Response:
        """Remove one's own picture.

        Removes the picture and its bytes, if there is one.
        """
        remove_avatar(user=self.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
