"""Widgets of stored files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import apps
from django.urls import NoReverseMatch, reverse
from django.utils.datastructures import MultiValueDict

from org_files.attachments.pending import (
    organization_of_object,
    require_upload,
    upload_organization,
)
from org_files.exceptions import OrgFilesError
from org_files.ids import parse_public_id

if TYPE_CHECKING:
    from org_files.models import AbstractFile

#: The most files that a select offers, the newest first.
MAX_CHOICES = 200

#: The uploader of the app ``org_files.web``.
UPLOADER = ("org_files_web/org-files-upload.js", "org_files_web/org-files-uploader.js")


@dataclass(kw_only=True)
class FileSource:
    """The uploads that a script sends before the form, and the stored files that can be chosen.

    Both need a saved object, whose organization is known.
    """

    user: Any
    obj: Any

    @cached_property
    def organization(self) -> Any:
        """The organization to which the user may upload files of the object, or ``None``."""
        if not getattr(self.user, "is_authenticated", False) or self.is_new:
            return None
        with suppress(OrgFilesError):
            return self.find_organization()
        return None

    @property
    def is_new(self) -> bool:
        """Whether the object is not saved yet."""
        return self.obj is None or self.obj._state.adding

    def find_organization(self) -> Any:
        """Return the organization for uploads. Raises ``NotAllowed`` and ``NoOrganization``."""
        return upload_organization(self.obj, self.user)

    @cached_property
    def endpoint(self) -> str:
        """The path to which the script sends uploads, empty if they go with the form."""
        url = path_of("org_files_web:uploads") if apps.is_installed("org_files.web") else ""
        return url if url and self.organization is not None else ""

    @property
    def search_url(self) -> str:
        """The path of the API's list of files, empty without it."""
        return path_of("org_files:file-list")

    @property
    def searched(self) -> str:
        """The key of the organization whose files are found; empty for those of all."""
        found = None if self.is_new else organization_of_object(self.obj)
        return "" if found is None else str(found.pk)


@dataclass(kw_only=True)
class AttachmentSource(FileSource):
    """The uploads and stored files that can become attachments of an object."""

    #: The name of the ``Attachments``, that of the field, and what the form has for it.
    attribute: str
    name: str
    search: str = ""
    stored: Sequence[str] = ()

    @cached_property
    def manager(self) -> Any:
        """The files of the object."""
        return getattr(self.obj, self.attribute)

    def find_organization(self) -> Any:
        return require_upload(self.user, self.manager.organization)

    @cached_property
    def may_add(self) -> bool:
        """Whether the user may add files; whether to a new object is known when it is saved."""
        from org_files.files.attaching import Resource

        if self.is_new or self.organization is None:
            return self.is_new
        try:
            Resource(**self.manager.resource()).require(self.user, self.organization.pk)
        except OrgFilesError:
            return False
        return True

    @property
    def searched(self) -> str:
        key = None if self.is_new else self.manager.label.organization_key_of(self.obj)
        return "" if key is None else str(key)

    @property
    def accept(self) -> str:
        """The content types of the file input."""
        return ",".join(self.manager.label.allowed_types or ())

    @property
    def max_size(self) -> int | None:
        """The most bytes of one file; ``None`` without a limit of the ``Attachments``."""
        size: int | None = self.manager.label.max_file_size
        return size

    @cached_property
    def kept(self) -> list[AbstractFile]:
        """The stored files that a form chose which was not accepted."""
        from org_files.attachments.choices import attachable_files

        ids = [each for each in map(parse_public_id, self.stored) if each is not None]
        return list(attachable_files(self.manager, self.user).filter(public_id__in=ids))

    @cached_property
    def offered(self) -> list[AbstractFile]:
        """The newest of the files that can be attached, or of those that were looked for."""
        from org_files.attachments.choices import attachable_files, found_by_name, may_attach

        files = found_by_name(attachable_files(self.manager, self.user), self.search)
        rows = list(files.order_by("-created_at", "-pk")[:MAX_CHOICES])
        allowed = may_attach(self.user, rows)
        return [file for file in rows if file.pk in allowed]


class StoredFileInput(forms.Select):
    """A select of files with a search by their names, and beside it an input for a new one."""

    template_name = "org_files/attachments/stored_file.html"
    needs_multipart_form = True
    #: Set by the field.
    source: FileSource | None = None
    search = ""

    @property
    def media(self) -> forms.Media:
        return media()

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"] |= {
            "upload_name": f"{name}-upload",
            "search": self.search,
            "source": self.source,
        }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        upload, search = files.get(f"{name}-upload"), data.get(f"{name}-search") or ""
        chosen = (
            Search(search) if search.strip() else super().value_from_datadict(data, files, name)
        )
        return upload or chosen

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        names = (name, f"{name}-search")
        return data.keys().isdisjoint(names) and f"{name}-upload" not in files

    def use_required_attribute(self, initial: Any) -> bool:
        return False  # An upload serves as well.


class Search(str):
    """A text that finds the file by its name."""


class AttachmentsInput(forms.Widget):
    """The files of an object, which can be removed, and inputs for others."""

    template_name = "org_files/attachments/attachments.html"
    needs_multipart_form = True
    #: Set by the field.
    source: AttachmentSource | None = None

    @property
    def media(self) -> forms.Media:
        return media()

    def format_value(self, value: Any) -> Any:
        return value

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["source"] = self.source
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, Any]:
        return {
            "uploads": files.getlist(name) if isinstance(files, MultiValueDict) else [],
            "removed": values_of(data, f"{name}-remove"),
            "stored": values_of(data, f"{name}-stored"),
            "search": data.get(f"{name}-search") or "",
        }

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        names = [f"{name}-{each}" for each in ("remove", "stored", "search")]
        return name not in files and data.keys().isdisjoint(names)


def media() -> forms.Media:
    """Return the scripts and the style sheet of the widgets."""
    uploader = UPLOADER if apps.is_installed("org_files.web") else ()
    names = (*uploader, "org_files/attachments.js", "org_files/choosing.js")
    scripts: list[Any] = [forms.Script(name, type="module") for name in names]
    return forms.Media(css={"all": ["org_files/attachments.css"]}, js=scripts)


def values_of(data: Any, name: str) -> list[str]:
    """Return the values that a form has for a name."""
    return data.getlist(name) if hasattr(data, "getlist") else []


def path_of(name: str) -> str:
    """Return the path of a route, empty where the site does not have it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
