"""The files that are attached to one object, or prefetched for many."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import router
from django.db.models import Manager, QuerySet
from django.utils.translation import gettext as _

from org_files import get_file_model, get_organization_model
from org_files.attachments.organizations import organization_in_query, organization_keys
from org_files.exceptions import InvalidField
from org_files.files import change_file, store_file
from org_files.files.attaching import attached_to
from org_files.labels import Label
from org_files.models import AbstractFile, live

if TYPE_CHECKING:
    from django.core.files import File as Content

    _Manager = Manager[AbstractFile]
else:
    # It is joined with the site's own manager of files.
    _Manager = object


class AttachedFiles(_Manager):
    """Methods of ``product.attachments``, beside those of the manager of files.

    It has the live files of the object in the order of their uploads. No policy is asked who may
    see or change them: that is for the site's own code.
    """

    label: Label
    instance: Any
    model: type[AbstractFile]

    def add(
        self, upload: Content[bytes], *, by: Any = None, name: str | None = None, **fields: Any
    ) -> AbstractFile:
        """Store ``upload``, an open and seekable file, as a file of the object.

        ``by`` becomes its owner. ``name`` is by default that of the upload, and ``fields`` are
        those of ``store_file``. Raises what ``store_file`` raises, also for the limits of the
        ``Attachments``.
        """
        if not hasattr(upload, "read"):
            kind = type(upload).__name__
            raise TypeError(f"add() takes an open file, such as a ContentFile, and no {kind}.")
        values: dict[str, Any] = self.resource() | fields
        organization = self.organization
        if organization is None:
            message = _("Without an organization there can be no files.")
            raise InvalidField("organization", message)
        self.forget()
        name = name if name is not None else str(getattr(upload, "name", None) or "")
        return store_file(organization=organization, owner=by, upload=upload, name=name, **values)

    def link(self, file: AbstractFile) -> AbstractFile:
        """Attach ``file``, which is stored already, and detach it from another object.

        Raises ``InvalidField`` for a file of another organization, and otherwise what
        ``change_file`` raises.
        """
        if file.organization_id != self.label.organization_key_of(self.instance):
            message = _("The file belongs to another organization.")
            raise InvalidField("organization", message)
        self.forget()
        return change_file(file=file, **self.resource())

    def unlink(self, file: AbstractFile) -> AbstractFile:
        """Detach ``file``, which stays stored. Raises ``DoesNotExist`` for one that is not here."""
        self.forget()
        among = self.attached(self.model._base_manager.all())
        return change_file(file=file, among=among, resource="", resource_id="")

    remove = unlink

    @property
    def organization(self) -> Any:
        """The organization of the object, whose files these are; ``None`` without one."""
        found, model = self.label.organization_of(self.instance), get_organization_model()
        if found is None or isinstance(found, model):
            return found
        return model._base_manager.filter(pk=found).first()

    def forget(self) -> None:
        """Forget the files that were prefetched."""
        getattr(self.instance, "_prefetched_objects_cache", {}).pop(self.label.attribute, None)

    def attached(self, files: QuerySet[Any]) -> QuerySet[Any]:
        """Return those of ``files`` that are attached to the object, and live."""
        if not (key := self.label.key_of(self.instance)):
            return files.none()
        organization = organization_in_query(self.label, self.instance)
        return files.filter(live(), attached_to(self.label.text, key, organization))

    def resource(self) -> dict[str, Any]:
        """Return the columns of a file of the object. Raises ``ValueError`` before it is saved."""
        key = self.label.key_of(self.instance)
        if not key or self.instance._state.adding:
            raise ValueError(f"{self.instance!r} must be saved before it can have files.")
        return {"resource": self.label.text, "resource_id": key}


def related_files(label: Label, instance: Any) -> AttachedFiles:
    """Return the manager of the files of ``instance``."""
    base: Any = type(get_file_model()._default_manager)
    manager: AttachedFiles = _manager_class(base)(label, instance)
    return manager


@cache
def _manager_class(base: type[Manager[Any]]) -> Any:
    """Return a manager class with the methods of the site's own manager of files."""

    class RelatedManager(AttachedFiles, base):  # type: ignore[misc, valid-type]
        def __init__(self, label: Label, instance: Any) -> None:
            super().__init__()
            self.label, self.instance, self.model = label, instance, get_file_model()

        def get_queryset(self) -> QuerySet[Any]:
            fetched = getattr(self.instance, "_prefetched_objects_cache", {})
            if self.label.attribute in fetched:
                files: QuerySet[Any] = fetched[self.label.attribute]
                return files
            return self._apply_rel_filters(super().get_queryset().order_by("created_at", "pk"))

        # Django's protocol of prefetch_related.

        def _apply_rel_filters(self, files: QuerySet[Any]) -> QuerySet[Any]:
            using = self._db or router.db_for_read(self.model, instance=self.instance)
            return self.attached(files.using(using))

        def get_prefetch_querysets(
            self, instances: Sequence[Any], querysets: Sequence[QuerySet[Any]] | None = None
        ) -> tuple[Any, ...]:
            label, organizations = self.label, organization_keys(self.label, instances)
            files: Any = querysets[0] if querysets else None
            if files is None:
                files = super().get_queryset().order_by("created_at", "pk")
            files._add_hints(instance=instances[0])
            files = files.using(files._db or self._db)
            keys = {label.key_of(each) for each in instances}
            return (
                files.filter(live(), resource=label.text, resource_id__in=keys),
                # Exactly: databases may ignore the case of texts.
                lambda file: (file.resource, file.resource_id, file.organization_id),
                lambda each: (label.text, label.key_of(each), organizations[each]),
                False,
                label.attribute,
                False,
            )

    for name in ("create", "bulk_create", "get_or_create", "update_or_create"):
        setattr(RelatedManager, name, _refuse_rows)
    return RelatedManager


def _refuse_rows(self: Any, *args: Any, **kwargs: Any) -> None:
    raise TypeError("A file is more than its row: use add() or link().")
