"""A policy of the site's own: what is in the folder "board" is for admins of the company alone."""

from django.db.models import Q

from org_files.access import OrganizationPolicy
from org_files.models import Membership, Role


class FolderPolicy(OrganizationPolicy):
    def readable_files(self, user):
        readable = super().readable_files(user)
        if self.is_operator(user):
            return readable
        managed = Membership.objects.filter(user=user.pk, role=Role.ADMIN).values("organization")
        return readable & (~Q(folder="board") | Q(organization__in=managed))
