"""Objects of the site on whose pages files are shown and uploaded, for the template tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet

from org_files import counters, get_organization_model
from org_files.access import Action, Policy, require_resource
from org_files.db.exact import has_exactly
from org_files.db.keys import parse_pk
from org_files.db.rows import all_rows
from org_files.exceptions import ResourceNotYours
from org_files.labels import find_label
from org_files.models import AbstractFile, AbstractOrganization
from org_files.tiers import TIER
from org_files.web.uploader import Uploader, uploader_for


@dataclass(frozen=True)
class Place:
    """An object of the site, named by the label of its files and its key."""

    resource: str = ""
    resource_id: str = ""
    #: The primary key of the organization whose files these are, or ``None`` for any.
    organization_pk: Any = None

    @classmethod
    def of(cls, resource: Any, resource_id: Any, organization: Any) -> Place | None:
        """Return the place that the arguments of a tag name, ``None`` if there is no such place.

        ``organization`` is one, or its key. For a label of a model with ``Attachments`` it is by
        default that of the object.
        """
        resource, resource_id = (
            "" if each is None else str(each) for each in (resource, resource_id)
        )
        if organization not in (None, ""):
            model = get_organization_model()
            is_one = isinstance(organization, model)
            pk = organization.pk if is_one else parse_pk(model, str(organization))
        elif label := find_label(resource):
            key = parse_pk(label.model, resource_id)
            obj = None if key is None else all_rows(label.model).filter(pk=key).first()
            pk = None if obj is None else label.organization_key_of(obj)
        else:
            return cls(resource, resource_id)
        return None if pk is None else cls(resource, resource_id, pk)

    @property
    def query(self) -> str:
        """The parameters of the list of its files, in the library."""
        named = {
            "resource": self.resource,
            "resource_id": self.resource_id,
            "organization": "" if self.organization_pk is None else str(self.organization_pk),
        }
        return urlencode({name: text for name, text in named.items() if text})

    def files(self, user: Any, *, policy: Policy) -> QuerySet[AbstractFile]:
        """Return the files of the place that ``user`` sees, newest first, with what rows show.

        Without an organization these are the files of the user's plain list: those of others,
        which are public, have labels that anybody may choose.
        """
        if self.organization_pk is None:
            found = policy.listed_files(user)
        else:
            found = policy.visible_files(user).filter(organization=self.organization_pk)
        if self.resource:
            label = {"resource": self.resource, "resource_id": self.resource_id}
            found = found.filter(has_exactly(**label))
        found = counters.with_totals(found).select_related("organization", "owner", TIER)
        return found.order_by("-created_at", "-pk")

    def uploader(self, user: Any, *, policy: Policy, **values: Any) -> Uploader | None:
        """Return the form that uploads to the place, ``None`` for a user who may not."""
        if self.resource:
            try:
                require_resource(
                    policy,
                    user,
                    organization=self.organization_pk,
                    resource=self.resource,
                    resource_id=self.resource_id,
                )
            except ResourceNotYours:
                return None
            values |= {"resource": self.resource, "resource_id": self.resource_id}
        if self.organization_pk is None:
            return uploader_for(user, policy=policy, **values)
        organization = self._organization(user, policy)
        if organization is None or not policy.allows(Action.UPLOAD, user, organization):
            return None
        key = str(organization.pk)
        return Uploader(organizations=[(key, organization.name)], organization=key, **values)

    def _organization(self, user: Any, policy: Policy) -> AbstractOrganization | None:
        return policy.visible_organizations(user).filter(pk=self.organization_pk).first()
