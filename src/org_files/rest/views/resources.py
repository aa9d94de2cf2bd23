"""Files of one object of the site."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from org_files import get_file_model
from org_files.db.exact import exactly
from org_files.files import trash_files
from org_files.models import AbstractFile, Membership
from org_files.rest.errors import NotFound
from org_files.rest.parameters import refuse_unknown_of_list
from org_files.rest.views.files import FileListMixin


class ResourceFilesView(FileListMixin):
    """List the files of an object.

    The files of the requester's organizations that are linked to one object of the site, with the
    filters of `files/`. Where the site's policy says who sees the files of such objects, it lists
    those of other organizations, too. An object without files has an empty list.
    """

    operation_ids = {"GET": "resources_files", "DELETE": "resources_files_delete"}

    def get_queryset(self) -> QuerySet[Any]:
        linked = {name: self.kwargs[name] for name in ("resource", "resource_id")}
        for name, value in linked.items():
            column: Any = get_file_model()._meta.get_field(name)
            if "\0" in value or len(value) > column.max_length:
                raise NotFound
        files, policy = exactly(self.listed(), **linked), self.policy
        if not (policy.is_operator(self.user) or self._has_rule()):
            files = self._of_own_organizations(files)
        return self.prepare(files)

    def delete(self, request: Request, resource: str, resource_id: str) -> Response:
        """Delete the files of an object.

        Moves the files of the list that the requester may delete to the trash. The filters of the
        list apply. An operator deletes files of other organizations only with `organization` or
        `owner`.
        """
        refuse_unknown_of_list(request, self, is_page=False)
        files = self.filter_queryset(self.get_queryset())
        if not any(request.query_params.get(name) for name in ("organization", "owner")):
            files = self._of_own_organizations(files)
        removable = self.policy.removable_files(self.user).filter(deleted_at=None)
        files = files.filter(pk__in=removable.values("pk"))
        return Response({"deleted": trash_files(files=files)})

    def _has_rule(self) -> bool:
        """Return whether the policy says who sees the files of the object."""
        return self.policy.visible_objects(self.user, self.kwargs["resource"]) is not None

    def _of_own_organizations(self, files: QuerySet[AbstractFile]) -> QuerySet[AbstractFile]:
        own = Membership.objects.filter(user=self.user.pk)
        return files.filter(organization__in=own.values("organization"))
