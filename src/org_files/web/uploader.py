"""The form that uploads files, which works without a script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils import timezone

from org_files import conf
from org_files.access import Policy
from org_files.web.choices import upload_targets


@dataclass(frozen=True, kw_only=True)
class Uploader:
    """What ``org_files_web/uploader.html`` shows."""

    #: Keys and names.
    organizations: Sequence[tuple[str, str]]
    #: The key of the organization that is chosen.
    organization: str = ""
    #: Messages by field, and what was typed, of a form that failed.
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    typed: Mapping[str, Any] = field(default_factory=dict)
    #: The path that the form returns to; the library by default.
    next: str = ""
    #: The object of the site that the files are attached to, by label and key.
    resource: str = ""
    resource_id: str = ""
    #: Which form of the page this is, and whether it brings the scripts.
    number: int = 1
    has_scripts: bool = True

    @property
    def id(self) -> str:
        """The id of the element."""
        return f"of-uploader{self._suffix}"

    @property
    def prefix(self) -> str:
        """What ids of its fields begin with, after ``of-``."""
        return f"upload{self._suffix}-"

    @property
    def _suffix(self) -> str:
        return "" if self.number == 1 else f"-{self.number}"

    @property
    def max_files(self) -> int | None:
        """The most files that are sent at once, ``None`` for no limit."""
        return settings.DATA_UPLOAD_MAX_NUMBER_FILES

    @property
    def max_size(self) -> int | None:
        """The most bytes of a file, ``None`` for no limit."""
        return conf.max_file_size()

    @property
    def zone(self) -> str:
        """The zone of the times that are typed."""
        return timezone.get_current_timezone_name()

    @property
    def is_public(self) -> bool:
        """Whether the files are to be public."""
        return self.typed.get("is_public") == "true"

    @property
    def has_more_errors(self) -> bool:
        """Whether a field is wrong that is not always shown."""
        return not self.errors.keys().isdisjoint(("comment", "is_public", "expires_at"))


def uploader_for(user: Any, *, policy: Policy, chosen: str = "", **values: Any) -> Uploader | None:
    """Return the form of ``user``, with the organization ``chosen``; ``None`` without any."""
    targets = upload_targets(policy, user)
    if not targets:
        return None
    pairs = [(str(row.pk), row.name) for row in targets]
    return Uploader(organizations=pairs, organization=chosen, **values)
