"""Uploads, removals and restored files that a form has for one object."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from org_files import get_file_model
from org_files.access import Action, get_policy
from org_files.attachments.choices import (
    attachable_files,
    files_for_form,
    may_attach,
    only_file,
    trashed_files,
    unattached,
)
from org_files.attachments.pending import require_upload
from org_files.exceptions import InvalidField, OrgFilesError, TooManyAttachments
from org_files.files import (
    change_file,
    clean_name,
    content_type_of,
    fingerprint,
    restore_file,
    store_file,
    trash_file,
)
from org_files.files.attaching import Resource
from org_files.files.quotas import refuse_early
from org_files.ids import parse_public_id
from org_files.models import AbstractFile, live

NOT_ATTACHABLE = gettext_lazy("A chosen file is attached to another object, or is not yours.")


def refuse_upload(upload: Any, *, resource: Resource, organization: Any = None) -> None:
    """Raise the error of an upload that cannot be stored, before anything is written.

    Asks for the quota of ``organization``, if there is one. The content is read once, and what was
    measured stays with the upload.
    """
    name = clean_name(str(upload.name or ""))
    upload.fingerprint = measured = fingerprint(upload)
    content_type = content_type_of(name, measured.head)
    resource.refuse_unfit(size=measured.size, content_type=content_type)
    if organization is not None:
        refuse_early(organization.pk, measured.size, is_reserved=False)


def known_organization(manager: Any) -> Any:
    """Return the organization of the object.

    ``None`` without one, and while a foreign key of a new object is missing.
    """
    with suppress(ObjectDoesNotExist):
        return manager.organization
    return None


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
        return bool(self.removed or self.restored or self._has_new)

    @property
    def _has_new(self) -> bool:
        return bool(self.uploads or self.stored or self.search.strip())

    def errors(self, manager: Any) -> list[str]:
        """Return why the changes cannot be made to the files of ``manager``."""
        found: list[str] = []
        adding = manager.instance._state.adding
        resource = Resource(manager.label.text, "" if adding else manager.resource()["resource_id"])
        checks: list[Callable[[], Any]] = [partial(self.require_place, manager)]
        chosen: list[AbstractFile] = []
        try:
            chosen = self.files_to_attach(manager)
        except OrgFilesError as error:
            found.append(str(error.message))
        if chosen:
            checks.append(partial(resource.require, self.user, chosen[0].organization_id))
        if self.uploads or chosen:
            checks.append(partial(self._refuse_full, manager, resource, len(chosen)))
        checks += [partial(refuse_upload, upload, resource=resource) for upload in self.uploads]
        for file in chosen:
            kind = file.content_type
            checks.append(partial(resource.refuse_unfit, size=file.size, content_type=kind))
        for check in checks:
            try:
                check()
            except OrgFilesError as error:
                found.append(str(error.message))
        return [*dict.fromkeys(found)]

    def require_place(self, manager: Any) -> None:
        """Raise the error of uploads that object and organization do not take from the user.

        Whether the user may change a new object is only known after it is saved, and often its
        organization, too.
        """
        adding, organization = manager.instance._state.adding, known_organization(manager)
        if not self.uploads or (adding and organization is None):
            return
        require_upload(self.user, organization)
        if not adding:
            Resource(**manager.resource()).require(self.user, organization.pk)
        for upload in self.uploads:
            refuse_early(organization.pk, upload.size)

    def _refuse_full(self, manager: Any, resource: Resource, chosen: int) -> None:
        more = len(self.uploads) + chosen - len(self._removable(manager))
        if manager.instance._state.adding:
            limit = manager.label.max_files
            if limit is not None and more > limit:
                raise TooManyAttachments
        elif more > 0:
            key = manager.label.organization_key_of(manager.instance)
            resource.refuse_full(key, more=more)

    def leaves_files(self, manager: Any) -> bool:
        """Return whether the object has files that the user sees, once the changes are made."""
        gone = [file.pk for file in self._removable(manager)]
        return self._has_new or files_for_form(manager, self.user).exclude(pk__in=gone).exists()

    def save(self, manager: Any) -> None:
        """Make the changes of a form that restores no files.

        Raises the error of the first file that cannot be attached. Those before it stay attached
        then, and so do removed files, as far as the object has room for them.
        """
        gone: list[AbstractFile] = []
        if self._has_new and self._is_full(manager):
            gone = self.remove(manager)
        for added in chain(self.link(manager), self.add(manager)):
            if isinstance(added, OrgFilesError):
                for file in gone:
                    with suppress(ObjectDoesNotExist, TooManyAttachments), transaction.atomic():
                        restore_file(file=file)
                raise added
        self.remove(manager)

    def _is_full(self, manager: Any) -> bool:
        """Return whether there may be room for the new files only after others are removed."""
        more = len(self.uploads) + len({*self.stored}) + bool(self.search.strip())
        key = manager.label.organization_key_of(manager.instance)
        try:
            Resource(**manager.resource()).refuse_full(key, more=more)
        except TooManyAttachments:
            return True
        return False

    def remove(self, manager: Any) -> list[AbstractFile]:
        """Move the removed files to the trash, and return them.

        Files that the user may not delete stay.
        """
        gone = []
        for file in self._removable(manager):
            with suppress(ObjectDoesNotExist):
                trash_file(file=file)
                gone.append(file)
        manager.forget()
        return gone

    def _removable(self, manager: Any) -> list[AbstractFile]:
        return self._deletable(files_for_form(manager, self.user), self.removed)

    def _deletable(self, files: QuerySet[AbstractFile], ids: Collection[str]) -> list[AbstractFile]:
        """Return those of ``files`` with one of ``ids`` that the user may delete."""
        found = list(files.filter(public_id__in=_ids(ids))) if ids else []
        allowed = get_policy().allowed(Action.DELETE, self.user, found) if found else ()
        return [file for file in found if file.pk in allowed]

    def restore(self, manager: Any) -> Iterator[AbstractFile | OrgFilesError]:
        """Take files out of the trash; yield each, or the error of one that stays there."""
        for file in self._deletable(trashed_files(manager, self.user), self.restored):
            restored: AbstractFile | OrgFilesError = file
            try:
                with transaction.atomic():
                    restore_file(file=file)
            except ObjectDoesNotExist:  # another request has restored or removed it
                continue
            except OrgFilesError as error:
                restored = error
            manager.forget()
            yield restored

    def files_to_attach(self, manager: Any) -> list[AbstractFile]:
        """Return the stored files to attach.

        The user sees them, and owns them or may change them. Raises ``InvalidField`` for others,
        and for a new object, whose organization is not known.
        """
        if not (self.stored or self.search.strip()):
            return []
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
            files = self.files_to_attach(manager)
        except OrgFilesError as error:
            yield error
            return
        for file in files:
            linked: AbstractFile | OrgFilesError
            # Another request may have attached it, or moved it to the trash.
            among = get_file_model()._base_manager.filter(live(), unattached())
            try:
                with transaction.atomic():
                    linked = change_file(
                        file=file, among=among, requester=self.user, **manager.resource()
                    )
            except ObjectDoesNotExist:
                linked = InvalidField("resource", str(NOT_ATTACHABLE))
            except OrgFilesError as error:
                linked = error
            manager.forget()
            yield linked

    def add(self, manager: Any) -> Iterator[AbstractFile | OrgFilesError]:
        """Store the uploads; yield each file, or the error of one that was not stored.

        Opens no transaction around the bytes.
        """
        for upload in self.uploads:
            added: AbstractFile | OrgFilesError
            try:
                added = self._store(manager, upload)
            except OrgFilesError as error:
                added = error
            manager.forget()
            yield added

    def _store(self, manager: Any, upload: Any) -> AbstractFile:
        return store_file(
            organization=require_upload(self.user, manager.organization),
            owner=self.user,
            requester=self.user,
            upload=upload,
            name=str(upload.name or ""),
            **manager.resource(),
        )


def _ids(texts: Collection[str]) -> list[Any]:
    return [found for text in texts if (found := parse_public_id(text)) is not None]
