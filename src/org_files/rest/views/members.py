"""Who belongs to an organization, and in which role."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from org_files import organizations
from org_files.access import Action
from org_files.models import AbstractOrganization, Membership
from org_files.rest.errors import NotFound
from org_files.rest.fields import parse_pk
from org_files.rest.serializers import MemberSerializer, NewMemberSerializer, RoleSerializer
from org_files.rest.views.lists import ListView
from org_files.rest.views.organizations import OrganizationMixin

__all__ = ["MemberListView", "MemberView"]


class MemberListView(OrganizationMixin, ListView):
    """List the members of an organization.

    The members that the requester may see, with their roles. Admins see all of them.
    """

    tag = "Members"
    operation_ids = {"GET": "members_list", "POST": "members_create"}

    ordering_fields = ("created_at",)
    ordering = "created_at"
    cursor_fields = ("created_at",)

    def get_serializer_class(self) -> Any:
        """Return the serializer of new members for those, so that browsers get its form."""
        return NewMemberSerializer if self.request.method == "POST" else MemberSerializer

    def get_queryset(self) -> QuerySet[Membership]:
        """Return the members that one sees."""
        organization = self.get_organization()
        members = self.policy.visible_memberships(self.user)
        return members.filter(organization=organization.pk).select_related("user")

    def post(self, request: Request, id: str) -> Response:
        """Add a member to an organization.

        Adds a user that the requester may see, in a role: a `viewer` reads, a `member` also
        uploads, an `admin` also manages. For admins of the organization and operators.
        """
        organization = self.get_organization()
        self.require(Action.MANAGE, organization)
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        pk = parse_pk(get_user_model(), serializer.validated_data["user"])
        users = self.policy.visible_users(self.user)
        user = users.filter(pk=pk).first() if pk is not None else None
        if user is None:
            raise exceptions.ValidationError({"user": [_("There is no such user.")]})
        membership = organizations.add_member(
            organization=organization, user=user, role=serializer.validated_data["role"]
        )
        return Response(MemberSerializer(membership).data, status=status.HTTP_201_CREATED)


class MemberView(OrganizationMixin):
    """One member."""

    tag = "Members"
    operation_ids = {"PATCH": "members_update", "DELETE": "members_delete"}
    errors = {"PATCH": ("last_admin",), "DELETE": ("last_admin",)}

    serializer_class = RoleSerializer

    def get_membership(self, organization: AbstractOrganization) -> Membership:
        """Return the membership of the URL. Raises ``NotFound``, also for one that is not seen."""
        pk = parse_pk(get_user_model(), self.kwargs["user_id"])
        members = self.policy.visible_memberships(self.user).filter(organization=organization.pk)
        found = members.filter(user=pk).select_related("user") if pk is not None else ()
        for membership in found:
            return membership
        raise NotFound

    def patch(self, request: Request, id: str, user_id: str) -> Response:
        """Change the role of a member.

        The last admin keeps the role. For admins of the organization and operators.
        """
        organization = self.get_organization()
        membership = self.get_membership(organization)
        self.require(Action.MANAGE, organization)
        serializer = self.get_serializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        if "role" in serializer.validated_data:
            role = serializer.validated_data["role"]
            organizations.change_role(membership=membership, role=role)
        return Response(MemberSerializer(membership).data)

    def delete(self, request: Request, id: str, user_id: str) -> Response:
        """Remove a member from an organization.

        The last admin cannot be removed. For admins of the organization, operators, and the members
        themselves.
        """
        organization = self.get_organization()
        membership = self.get_membership(organization)
        if membership.user_id != self.user.pk:
            self.require(Action.MANAGE, organization)
        organizations.remove_member(membership=membership)
        return Response(status=status.HTTP_204_NO_CONTENT)
