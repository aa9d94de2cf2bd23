"""Views of users, for other users and for operators."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, QuerySet, Sum
from django.http.response import HttpResponseBase
from rest_framework import status
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from org_files import get_file_model
from org_files.access import get_policy
from org_files.accounts.avatars import avatar_content
from org_files.accounts.models import Avatar
from org_files.accounts.profile import profile_fields
from org_files.accounts.serializers import (
    AdministrationSerializer,
    UserSerializer,
    VisibleUserSerializer,
)
from org_files.accounts.services import remove_user
from org_files.db.keys import parse_pk
from org_files.delivery import DeliveryBackend
from org_files.exceptions import ContentUnavailable
from org_files.models import Membership, live
from org_files.rest.base import BaseView, IgnoreAccept
from org_files.rest.errors import NotFound
from org_files.rest.views.lists import ListView
from org_files.serving import serve_content
from org_files.storage import owner_prefix


def complete(users: Iterable[Any], memberships: QuerySet[Membership]) -> None:
    """Set the attributes that serializers read: ``has_avatar`` and ``shown_memberships``."""
    pks = [user.pk for user in users]
    shown = defaultdict(list)
    rows = memberships.filter(user__in=pks).select_related("organization")
    for membership in rows.order_by("organization__name", "pk"):
        shown[membership.user_id].append(membership)
    with_avatar = set(Avatar.objects.filter(user__in=pks).values_list("user", flat=True))
    for user in users:
        user.shown_memberships = shown[user.pk]
        user.has_avatar = user.pk in with_avatar


def user_json(user: Any, request: Request) -> Any:
    """Return ``user`` as they see themselves."""
    complete([user], get_policy().visible_memberships(user))
    return UserSerializer(user, context={"request": request}).data


class UserShape(BaseView):
    """Views that answer with users."""

    serializer_class: Any = VisibleUserSerializer

    @property
    def is_operator(self) -> bool:
        """Whether the requester is one."""
        return self.policy.is_operator(self.user)

    def get_serializer_context(self) -> dict[str, Any]:
        # Pages for browsers and the schema need serializers for anonymous users, too.
        is_operator = self.request.user.is_authenticated and self.is_operator
        return {**super().get_serializer_context(), "is_operator": is_operator}

    def complete(self, rows: Sequence[Any]) -> None:
        """Add organizations and pictures of all rows, and for operators what they store."""
        complete(rows, self.policy.visible_memberships(self.user))
        if not self.is_operator:
            return
        users = {user.pk: user for user in rows}
        for user in rows:
            user.file_count = user.bytes_stored = 0
            user.storage_paths = []
        files = get_file_model()._default_manager.filter(owner__in=users)
        # With our prefix: a site's file model may have columns of other names.
        sums = {"org_files_count": Count("pk", filter=live()), "org_files_sum": Sum("size")}
        pairs = files.order_by("owner", "organization").values_list("owner", "organization")
        for owner, organization, count, size in pairs.annotate(**sums):
            user = users[owner]
            user.file_count += count
            user.bytes_stored += size
            user.storage_paths.append(owner_prefix(organization, owner))

    def get_user(self) -> Any:
        """Return the user of the URL. Raises ``NotFound``, also for users who are not visible."""
        pk = parse_pk(get_user_model(), self.kwargs["id"])
        return self.get_or_404(self.policy.visible_users(self.user), pk=pk)

    def shown(self, user: Any) -> Any:
        """Return the JSON of one user."""
        self.complete([user])
        return VisibleUserSerializer(user, context=self.get_serializer_context()).data


class UserListView(UserShape, ListView):
    """List users.

    The users that the requester may see, with those of their organizations that the requester may
    see. Operators also see what each user stores, and where.
    """

    tag = "Users"
    operation_ids = {"GET": "users_list"}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        login, *others = profile_fields()
        names = [name for name in ("first_name", "last_name") if name in others]
        self.ordering = login
        self.ordering_fields = self.search_fields = [login, *names]

    def get_queryset(self) -> QuerySet[Any]:
        return self.policy.visible_users(self.user)


class UserView(UserShape):
    """One user."""

    tag = "Users"
    operation_ids = {"GET": "users_retrieve", "PATCH": "users_update", "DELETE": "users_delete"}
    errors = {"PATCH": ("conflict",), "DELETE": ("last_admin", "conflict")}
    request_serializers = {"PATCH": AdministrationSerializer}

    def get(self, request: Request, id: str) -> Response:
        """Show a user.

        One user, as in the list of users.
        """
        return Response(self.shown(self.get_user()))

    def patch(self, request: Request, id: str) -> Response:
        """Change a user.

        For operators: `is_active`. A deactivated user loses access with the next request, in
        sessions and by tokens. Only superusers set `is_staff`, and only they change superusers.
        """
        user = self._managed()
        if "is_staff" in request.data and not _is_superuser(request.user):
            self.deny(user)
        self.save(self.validated(user, partial=True))
        return Response(self.shown(self.get_user()))

    def delete(self, request: Request, id: str) -> Response:
        """Delete a user.

        Files stay with their organizations, without an owner. For operators; only superusers delete
        superusers.
        """
        user = self._managed()
        # Operators take care of the organizations of other users.
        remove_user(user=user, keep_admins=user.pk == self.user.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def may_manage(self, user: Any) -> bool:
        """Return whether the requester changes and deletes the account of ``user``."""
        return self.is_operator and (_is_superuser(self.user) or not _is_superuser(user))

    def _managed(self) -> Any:
        """Return the user of the URL. Raises ``PermissionDenied`` if it may not be changed."""
        user = self.get_user()
        if not self.may_manage(user):
            self.deny(user)
        return user


class UserAvatarView(UserShape):
    """The picture of a user."""

    tag = "Users"
    operation_ids = {"GET": "users_avatar"}
    content_negotiation_class = IgnoreAccept
    renderer_classes = (JSONRenderer,)  # for errors
    #: Instead of the backend of the setting ``DELIVERY``.
    delivery: DeliveryBackend | None = None

    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Show the picture of a user.

        The content of the picture, whatever `Accept` says. Conditional and range requests follow
        RFC 9110.
        """
        user = self.get_user()
        while avatar := Avatar.objects.filter(user=user.pk).first():
            try:
                return serve_content(request, avatar_content(avatar), delivery=self.delivery)
            except ContentUnavailable:
                # Replaced or moved at this moment; or lost.
                same = {"key": avatar.key, "storage_alias": avatar.storage_alias}
                if Avatar.objects.filter(**same).exists():
                    raise
        raise NotFound


def _is_superuser(user: Any) -> bool:
    return bool(getattr(user, "is_superuser", False))
