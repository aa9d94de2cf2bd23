"""Pages of the members of an organization, and of invitations to it."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import PermissionDenied

from org_files.access import Action
from org_files.models import Membership, Role
from org_files.rest.fields import display_name
from org_files.rest.serializers import RoleSerializer
from org_files.rest.views import members as api
from org_files.web.forms import FormField, fields_of
from org_files.web.invitations import (
    SECONDS,
    Invitation,
    InvitationSerializer,
    new_token,
    open_invitation,
    with_login,
)
from org_files.web.views.base import Page
from org_files.web.views.organizations import UnderOrganization


class MembersPage(UnderOrganization):
    """The members of an organization, and the form that adds or invites one."""

    template_name = "org_files_web/members.html"
    #: The URL of an invitation that was just made, and whom it is for.
    invitation = ""
    invited = ""
    #: Hours that it can be accepted.
    hours = SECONDS // 3600

    @property
    def title(self) -> str:
        """The heading."""
        return _("Members of %(name)s") % {"name": self.organization.name}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows, pages = self.listed(api.MemberListView, id=self.kwargs["id"])
        for membership in rows:
            membership.shown_name = display_name(membership.user)
        return super().get_context_data(
            members=rows,
            pages=pages,
            fields=self._fields() if self.may_manage else None,
            **kwargs,
        )

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        """Add a user whom the requester sees; make an invitation for anybody else."""
        self.require(Action.MANAGE, self.organization)
        form: Any = self.valid(InvitationSerializer).validated_data
        user = with_login(self.policy.visible_users(self.user), form["login"])
        if user is not None:
            data = {"user": str(user.pk), "role": form["role"]}
            self.call(api.MemberListView, "POST", data=data, **kwargs)
            self.say(_("%(name)s is a member now.") % {"name": display_name(user)})
            return self.to("members", **kwargs)
        token = new_token(organization=self.organization, inviter=self.user, **form)
        path = reverse("org_files_web:invitation", args=[token])
        self.invitation, self.invited = self.request.build_absolute_uri(path), form["login"]
        return self.get(self.request, **kwargs)

    def _fields(self) -> list[FormField]:
        login = {"label": _("E-mail address or login name"), "autocomplete": "off"}
        role = {"label": _("Role"), "value": self.typed.get("role", Role.MEMBER.value)}
        if self.invitation:
            login["value"] = ""
        return fields_of(self, InvitationSerializer(), login=login, role=role)


class MemberPage(UnderOrganization):
    """One member: the form of their role."""

    template_name = "org_files_web/member.html"
    action: Action | None = Action.MANAGE

    @property
    def title(self) -> str:
        """The name of the member."""
        return display_name(self.membership.user)

    @cached_property
    def membership(self) -> Membership:
        """The membership of the URL. Raises ``NotFound``, also for an invisible one."""
        view = self.api_view(api.MemberView, **self.kwargs)
        found: Membership = view.get_membership(self.organization)
        return found

    @property
    def is_own(self) -> bool:
        """Whether the requester is the member."""
        return bool(self.membership.user_id == self.user.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        role = {"label": _("Role"), "value": self.typed.get("role", self.membership.role)}
        return super().get_context_data(
            fields=fields_of(self, RoleSerializer(), role=role), **kwargs
        )

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        self.call(api.MemberView, "PATCH", **kwargs)
        self.say(_("The role is changed."))
        return self.to("members", kwargs["id"])


class MemberRemovalPage(MemberPage):
    """The question whether to remove a member, or to leave."""

    template_name = "org_files_web/member_removal.html"
    # Members leave by themselves.
    action: Action | None = None

    @property
    def title(self) -> str:
        """What is asked."""
        if self.is_own:
            return _("Leave %(organization)s") % {"organization": self.organization.name}
        return _("Remove %(name)s") % {"name": display_name(self.membership.user)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if not self.is_own:
            self.require(Action.MANAGE, self.organization)
        return super().get_context_data(**kwargs)

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        is_own, name = self.is_own, display_name(self.membership.user)
        organization = self.organization.name
        self.call(api.MemberView, "DELETE", **kwargs)
        if is_own:
            self.say(_("You have left %(organization)s.") % {"organization": organization})
            return self.to("organizations")
        self.say(_("%(name)s is not a member any more.") % {"name": name})
        return self.to("members", kwargs["id"])


class InvitationPage(Page):
    """The question whether to accept an invitation."""

    title = gettext_lazy("Invitation")
    section = "organizations"
    template_name = "org_files_web/invitation.html"

    @cached_property
    def invitation(self) -> Invitation:
        """The invitation of the URL. Raises ``InvitationVoid`` and ``PermissionDenied``."""
        invitation = open_invitation(self.kwargs["token"])
        if not invitation.is_for(self.user):
            raise PermissionDenied(
                _("This invitation is for another account. Log out, and log in with that one.")
            )
        return invitation

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            invitation=self.invitation, inviter=display_name(self.invitation.inviter), **kwargs
        )

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        membership = self.invitation.accept(self.user)
        name = self.invitation.organization.name
        self.say(_("You belong to %(organization)s now.") % {"organization": name})
        return self.to("organization", membership.organization_id)
