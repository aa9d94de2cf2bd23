"""A policy of the site's own: a folder "board" that only admins of the company read."""

from django.db.models import Q

from org_files.access import OrganizationPolicy
from org_files.models import Role


class FolderPolicy(OrganizationPolicy):
    def readable_files(self, user):
        readable = super().readable_files(user)
        if self.is_operator(user):
            return readable
        managed = Q(organization__in=self._own_organizations(user, Role.ADMIN))
        return readable & (~Q(folder="board") | managed)
