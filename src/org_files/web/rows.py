"""Files as rows of a page: what the user may do to each, found for all rows at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from org_files import conf
from org_files.access import Action, Policy
from org_files.exceptions import LinksNotInTier
from org_files.files.kinds import Kind, kind_of
from org_files.links import bounds_of
from org_files.models import AbstractFile
from org_files.rest.fields import display_name
from org_files.tiers import allows_original, heights_of

#: The longest suffix of a name that stands for a picture of the file.
MAX_SUFFIX = 4


ONE_OF = {
    Kind.PICTURE: _("Picture"),
    Kind.DOCUMENT: _("Document"),
    Kind.AUDIO: pgettext_lazy("one file", "Audio"),
    Kind.VIDEO: pgettext_lazy("one file", "Video"),
    Kind.OTHER: pgettext_lazy("one file", "Other"),
}


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """A file, and what the user may do to it."""

    #: With its organization, tier and owner joined, and with totals.
    file: AbstractFile
    may_delete: bool = False
    may_share: bool = False

    @property
    def id(self) -> str:
        """The id in URLs."""
        return str(self.file.public_id)

    @property
    def kind(self) -> Kind:
        """The kind of the file."""
        return kind_of(self.file.content_type)

    @property
    def kind_label(self) -> Any:
        """What people call one file of the kind."""
        return ONE_OF[self.kind]

    @property
    def sign(self) -> str:
        """A short text that stands for a picture of the file, such as ``PDF``."""
        suffix = PurePath(self.file.name).suffix.removeprefix(".")
        return suffix.upper() if 0 < len(suffix) <= MAX_SUFFIX else ""

    @property
    def height(self) -> int | None:
        """The lowest height of a picture, ``None`` for other files, and for those in the trash."""
        heights = heights_of(self.file) if self.file.deleted_at is None else ()
        return next(iter(heights), None)

    @property
    def may_download(self) -> bool:
        """Whether the original may be downloaded: for pictures the tier decides."""
        return self.file.deleted_at is None and allows_original(self.file)

    @property
    def owner(self) -> str | None:
        """The name of the owner, ``None`` once the account is deleted."""
        return None if self.file.owner is None else display_name(self.file.owner)

    @property
    def removed_at(self) -> datetime | None:
        """The time after which a file in the trash is removed for good, or ``None``."""
        days, deleted_at = conf.trash_days(), self.file.deleted_at
        return None if days is None or deleted_at is None else deleted_at + timedelta(days=days)


def rows_of(files: Sequence[AbstractFile], *, policy: Policy, user: Any) -> list[FileRow]:
    """Return the rows of ``files``, which ``user`` sees. The number of queries is constant."""
    deletable = policy.allowed(Action.DELETE, user, files)
    shareable = policy.allowed(Action.LINK, user, files)
    return [
        FileRow(
            file=file,
            may_delete=file.pk in deletable,
            may_share=file.pk in shareable and has_links(file),
        )
        for file in files
    ]


def has_links(file: AbstractFile) -> bool:
    """Return whether the tier of the file's organization has share links."""
    try:
        bounds_of(file)
    except LinksNotInTier:
        return False
    return True
