"""Members of an organization."""

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from org_files import organizations
from org_files.access import Action
from org_files.db.keys import parse_pk
from org_files.models import AbstractOrganization, Membership
from org_files.rest.serializers import MemberSerializer, NewMemberSerializer, RoleSerializer
from org_files.rest.views.lists import ListView
from org_files.rest.views.organizations import OrganizationMixin


class MemberListView(OrganizationMixin, ListView):
    """List the members of an organization.

    The members that the requester may see, with their roles. Admins see all of them.
    """

    tag = "Members"
    operation_ids = {"GET": "members_list", "POST": "members_create"}
    serializer_class = MemberSerializer
    request_serializers = {"POST": NewMemberSerializer}
    ordering_fields = ("created_at",)
    ordering = "created_at"

    def get_queryset(self) -> QuerySet[Membership]:
        organization = self.get_organization()
        members = self.policy.visible_memberships(self.user)
        return members.filter(organization=organization.pk).select_related("user")

    def post(self, request: Request, id: str) -> Response:
        """Add a member to an organization.

        Adds a user that the requester may see, in a role: a `viewer` reads, a `member` also
        uploads, an `admin` also manages. For admins of the organization and operators.
        """
        organization = self.get_organization(Action.MANAGE)
        values = self.validated().validated_data
        pk = parse_pk(get_user_model(), values["user"])
        user = self.policy.visible_users(self.user).filter(pk=pk).first()
        if pk is None or user is None:
            raise exceptions.ValidationError({"user": [_("There is no such user.")]})
        membership = organizations.add_member(
            organization=organization, user=user, role=values["role"]
        )
        return Response(MemberSerializer(membership).data, status=status.HTTP_201_CREATED)


class MemberView(OrganizationMixin):
    """One member."""

    tag = "Members"
    operation_ids = {"PATCH": "members_update", "DELETE": "members_delete"}
    errors = {"PATCH": ("last_admin",), "DELETE": ("last_admin",)}
    serializer_class = RoleSerializer

    def get_membership(self, organization: AbstractOrganization) -> Membership:
        """Return the membership of the URL. Raises ``NotFound``, also for an invisible one."""
        pk = parse_pk(get_user_model(), self.kwargs["user_id"])
        members = self.policy.visible_memberships(self.user).select_related("user")
        return self.get_or_404(members, organization=organization.pk, user=pk)

    def patch(self, request: Request, id: str, user_id: str) -> Response:
        """Change the role of a member.

        The last admin keeps the role. For admins of the organization and operators.
        """
        organization = self.get_organization()
        membership = self.get_membership(organization)
        self.require(Action.MANAGE, organization)
        values = self.validated(partial=True).validated_data
        if "role" in values:
            organizations.change_role(membership=membership, role=values["role"])
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
