"""Uploads, removals and restored files that a form has for one object."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from org_files import get_file_model
from org_files.access import Action, get_policy
from org_files.exceptions import InvalidField, NotAllowed, OrgFilesError
from org_files.files import (
    change_file,
    clean_name,
    content_type_of,
    fingerprint,
    restore_file,
    store_file,
    trash_file,
)
from org_files.files.attaching import Resource, attached_to
from org_files.files.content import normal_form
from org_files.files.quotas import refuse_early
from org_files.ids import parse_public_id
from org_files.models import AbstractFile, live, unexpired
from org_files.tiers import TIER

NOT_ATTACHABLE = gettext_lazy("A chosen file is attached to another object, or is not yours.")

#: The longest text that is looked for in names.
MAX_SEARCH_LENGTH = 256


def visible_files(user: Any) -> QuerySet[AbstractFile]:
    """Return the files that ``user`` may see, none without a user who is logged in."""
    if not getattr(user, "is_authenticated", False):
        return get_file_model()._default_manager.none()
    return get_policy().visible_files(user)


def files_for_form(manager: Any, user: Any) -> QuerySet[AbstractFile]:
    """Return the attached files that ``user`` may see, with what a form shows of them."""
    if manager.instance._state.adding:
        return get_file_model()._default_manager.none()
    files: QuerySet[AbstractFile] = manager.attached(visible_files(user))
    return files.select_related("organization", TIER).order_by("created_at", "pk")


def unattached() -> Q:
    """Return the condition of files that are attached to no object."""
    # A site's own model may have NULL.
    return Q(resource="") | Q(resource=None)


def attachable_files(manager: Any, user: Any) -> QuerySet[AbstractFile]:
    """Return the files of the object's organization that ``user`` sees and no object has."""
    obj, files = manager.instance, visible_files(user)
    organization = None if obj._state.adding else manager.label.organization_key_of(obj)
    if organization is None:
        return files.none()
    return files.filter(unattached(), organization=organization)


def may_attach(user: Any, files: Sequence[AbstractFile]) -> set[Any]:
    """Return the keys of those of ``files``, which ``user`` sees, that they own or may change."""
    own = {file.pk for file in files if file.owner_id == user.pk}
    others = [file for file in files if file.pk not in own]
    return own | get_policy().allowed(Action.CHANGE, user, others)


def found_by_name(files: QuerySet[AbstractFile], text: str) -> QuerySet[AbstractFile]:
    """Return those of ``files`` whose names have all words of ``text``."""
    for word in normal_form(text[:MAX_SEARCH_LENGTH].replace("\0", " ")).split():
        files = files.filter(name__icontains=word)
    return files


def only_file(files: QuerySet[AbstractFile], text: str) -> AbstractFile:
    """Return the file that ``text`` finds. Raises ``InvalidField`` for none and for several."""
    found = list(found_by_name(files, text)[:2])
    if len(found) != 1:
        several = _("Several files have this in their names: choose one of them.")
        raise InvalidField("name", several if found else _("No file has this in its name."))
    return found[0]


def trashed_files(manager: Any, user: Any) -> QuerySet[AbstractFile]:
    """Return the files of an object in the trash that ``user`` may restore."""
    key = manager.label.key_of(manager.instance)
    if not key or manager.instance._state.adding or not getattr(user, "is_authenticated", False):
        return get_file_model()._default_manager.none()
    organization = manager.label.organization_key_of(manager.instance)
    files = get_policy().removable_files(user).exclude(deleted_at=None)
    return files.filter(unexpired(), attached_to(manager.label.text, key, organization))


def refuse_upload(upload: Any, *, resource: Resource, organization: Any) -> None:
    """Raise the error of an upload that cannot be stored, before anything is written.

    ``organization`` is ``None`` before the object is saved. The content is read once, and what was
    measured stays with the upload.
    """
    name = clean_name(str(upload.name or ""))
    upload.fingerprint = measured = fingerprint(upload)
    content_type = content_type_of(name, measured.head)
    resource.refuse_unfit(size=measured.size, content_type=content_type)
    if organization is not None:
        refuse_early(organization.pk, measured.size, is_reserved=False)


@dataclass(frozen=True)
class AttachmentChanges:
    """The changes of one form to the files of an object."""

    user: Any
    uploads: Sequence[Any] = ()
    #: Ids of files, as texts.
    removed: Collection[str] = ()
    restored: Collection[str] = ()
    #: Those of files that are stored already, to be attached.
    stored: Collection[str] = ()
    #: Finds one more of these by its name.
    search: str = ""

    def __bool__(self) -> bool:
        changes = (self.uploads, self.removed, self.restored, self.stored, self.search.strip())
        return any(changes)

    def errors(self, manager: Any) -> list[str]:
        """Return why the changes cannot be made to the files of ``manager``."""
        found: list[str] = []
        adding = manager.instance._state.adding
        resource = Resource(manager.label.text, "" if adding else manager.resource()["resource_id"])
        organization = None if adding else manager.organization
        checks: list[Callable[[], Any]] = []
        chosen: list[AbstractFile] = []
        if self.stored or self.search.strip():
            try:
                chosen = self.chosen(manager)
            except OrgFilesError as error:
                found.append(str(error.message))
        if not adding and self.uploads:
            checks.append(lambda: self._require_upload(resource, organization))
        if not adding and organization is not None:
            key = organization.pk
            more = len(self.uploads) + len(chosen) - len(self.removed)
            if chosen:
                checks.append(lambda: resource.require(self.user, key))
            if more > 0:
                checks.append(lambda: resource.refuse_full(key, more=more))
        fits = partial(refuse_upload, resource=resource, organization=organization)
        checks += [partial(fits, upload) for upload in self.uploads]
        for file in chosen:
            kind = file.content_type
            checks.append(partial(resource.refuse_unfit, size=file.size, content_type=kind))
        for check in checks:
            try:
                check()
            except OrgFilesError as error:
                found.append(str(error.message))
        return [*dict.fromkeys(found)]

    def remove(self, manager: Any) -> list[AbstractFile]:
        """Move the removed files to the trash, and take the restored out; return the removed.

        Files that the user may not delete stay. Raises ``TooManyAttachments``.
        """
        allows, gone = get_policy().allows, []
        for file in files_for_form(manager, self.user).filter(public_id__in=_ids(self.removed)):
            if allows(Action.DELETE, self.user, file):
                with suppress(ObjectDoesNotExist):
                    trash_file(file=file)
                    gone.append(file)
        for file in trashed_files(manager, self.user).filter(public_id__in=_ids(self.restored)):
            if allows(Action.DELETE, self.user, file):
                with suppress(ObjectDoesNotExist), transaction.atomic():
                    restore_file(file=file)
        manager.forget()
        return gone

    def chosen(self, manager: Any) -> list[AbstractFile]:
        """Return the stored files to attach.

        The user sees them, and owns them or may change them. Raises ``InvalidField`` for others,
        and for a new object, whose organization is not known.
        """
        if manager.instance._state.adding:
            raise InvalidField("resource_id", _("Save first, then attach files that are stored."))
        files = attachable_files(manager, self.user)
        ids = {*_ids(self.stored)}
        is_complete = len(ids) == len({*self.stored})
        # Sent twice, a form finds its files attached already.
        here = files_for_form(manager, self.user).filter(public_id__in=ids)
        ids -= {*here.values_list("public_id", flat=True)}
        found = list(files.filter(public_id__in=ids))
        is_complete &= len(found) == len(ids)
        if self.search.strip():
            file = only_file(files, self.search)
            found += [file] if file not in found else []
        allowed = may_attach(self.user, found)
        if not is_complete or any(file.pk not in allowed for file in found):
            raise InvalidField("resource", str(NOT_ATTACHABLE))
        return found

    def link(self, manager: Any) -> Iterator[AbstractFile | OrgFilesError]:
        """Attach the stored files; yield each, or the error of one that was not attached."""
        try:
            files = self.chosen(manager) if self.stored or self.search.strip() else []
        except OrgFilesError as error:
            yield error
            return
        for file in files:
            # Another request may have attached it, or moved it to the trash.
            among = get_file_model()._base_manager.filter(live(), unattached())
            try:
                with transaction.atomic():
                    yield change_file(
                        file=file, among=among, requester=self.user, **manager.resource()
                    )
            except ObjectDoesNotExist:
                yield InvalidField("resource", str(NOT_ATTACHABLE))
            except OrgFilesError as error:
                yield error
        manager.forget()

    def add(self, manager: Any) -> Iterator[AbstractFile | OrgFilesError]:
        """Store the uploads; yield each file, or the error of one that was not stored."""
        for upload in self.uploads:
            try:
                with transaction.atomic():
                    yield self._stored(manager, upload)
            except OrgFilesError as error:
                yield error

    def _stored(self, manager: Any, upload: Any) -> AbstractFile:
        organization, named = manager.organization, manager.resource()
        self._require_upload(Resource(**named), organization)
        manager.forget()
        return store_file(
            organization=organization,
            owner=self.user,
            requester=self.user,
            upload=upload,
            name=str(upload.name or ""),
            **named,
        )

    def _require_upload(self, resource: Resource, organization: Any) -> None:
        is_known = organization is not None and getattr(self.user, "is_authenticated", False)
        if not (is_known and get_policy().allows(Action.UPLOAD, self.user, organization)):
            raise NotAllowed(_("You may not upload files here."))
        resource.require(self.user, organization.pk)


def _ids(texts: Collection[str]) -> list[Any]:
    return [found for text in texts if (found := parse_public_id(text)) is not None]
