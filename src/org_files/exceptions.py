"""Errors of the package, each with a stable ``code``.

All of them descend from :class:`OrgFilesError`, except errors of the configuration. Those descend
from Django's ``ImproperlyConfigured``, so that code that handles a refused request does not hide
them.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


class ConfigurationError(ImproperlyConfigured):
    """A setting of ORG_FILES is malformed, unknown or names something of the wrong kind."""


class OrgFilesError(Exception):
    """Base of the errors. ``code`` is stable and part of the HTTP contract.

    ``message`` is a sentence for people, in the language that was active when it was raised.
    """

    code = "error"
    message: Any = _("The request could not be carried out.")

    def __init__(self, message: str | None = None) -> None:
        self.message = str(message or self.message)
        super().__init__(self.message)


class InvalidField(OrgFilesError):
    """A value that is not acceptable; ``field`` names it."""

    code = "invalid"

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class InvalidUTF8(OrgFilesError):
    """A text that is not UTF-8; ``field`` names it."""

    code = "invalid_utf8"
    message = _("A text is not valid UTF-8.")

    def __init__(self, field: str, message: Any = None) -> None:
        self.field = field[:100]
        message = message or _('The field "%(field)s" is not valid UTF-8.')
        super().__init__(message % {"field": self.field})


class FileTooLarge(OrgFilesError):
    """More bytes than ``MAX_FILE_SIZE``."""

    code = "file_too_large"
    message = _("The file is larger than this site accepts.")


class TooManyFiles(OrgFilesError):
    """More files than one archive takes; ``limit`` is their number."""

    code = "too_many_files"
    message = _("Too many files for one archive.")

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        message = ngettext(
            "An archive takes at most %(limit)d file.",
            "An archive takes at most %(limit)d files.",
            limit,
        )
        super().__init__(message % {"limit": limit})


class UnexpectedFile(OrgFilesError):
    """A file in the body of a call that takes none."""

    code = "unexpected_file"
    message = _("This call takes no file.")


class TypeNotAllowed(OrgFilesError):
    """A content type that ``ALLOWED_TYPES`` does not list."""

    code = "type_not_allowed"
    message = _("Files of this type are not accepted here.")


class StorageUnavailable(OrgFilesError):
    """The store did not take or give the bytes; trying again later may help."""

    code = "storage_unavailable"
    message = _("The file store cannot be reached at the moment.")


class ContentUnavailable(StorageUnavailable):
    """The store answers, but does not have exactly the bytes of this file."""

    code = "content_unavailable"
    message = _("The bytes of this file cannot be read at the moment.")


class StorageFull(OrgFilesError):
    """The store has no space left."""

    code = "storage_full"
    message = _("The file store is full.")


class Conflict(OrgFilesError):
    """A constraint of the database forbids the change, such as a row that refers to this one."""

    code = "conflict"
    message = _("Something else still depends on this, or was changed at the same time.")


class LastAdmin(Conflict):
    """An organization with members would be left without an admin."""

    code = "last_admin"
    message = _("The last admin of an organization cannot go.")


class OrganizationNotEmpty(Conflict):
    """An organization that still holds files, trash included, is not deleted."""

    code = "organization_not_empty"
    message = _("The organization still holds files.")


class FileInUse(Conflict):
    """A file that a protected column of the site names is not removed for good."""

    code = "file_in_use"
    message = _("The file is in use and cannot be removed.")


class NotAPicture(OrgFilesError):
    """Content that is not a JPEG, PNG, WEBP or GIF, or that cannot be decoded."""

    code = "not_a_picture"
    message = _("This is not a picture that can be read.")


class PictureTooLarge(NotAPicture):
    """A picture with more pixels, or more bytes, than are decoded here."""

    code = "picture_too_large"
    message = _("The picture is larger than can be shown here.")


class DecodingStopped(NotAPicture):
    """A picture whose decoding exceeded its limit of time or memory, or was killed."""


class RenditionsBusy(OrgFilesError):
    """The limit of pictures decoded at once is reached; trying again later helps."""

    code = "renditions_busy"
    message = _("Too many pictures are being prepared at the moment.")


class QuotaExceeded(OrgFilesError):
    """The quota of the organization does not suffice for the file."""

    code = "quota_exceeded"
    message = _("The organization has no room left for this file.")


class TooManyAttachments(QuotaExceeded):
    """One more file of an object than its ``Attachments`` take."""

    code = "too_many_attachments"
    message = _("This has as many files as it may have.")


class NotAllowed(OrgFilesError):
    """Base of errors that say what this site or a tier does not offer: 403 in the API."""


class NoOrganization(NotAllowed):
    """An upload of a user who belongs to no organization."""

    code = "no_organization"
    message = _("You belong to no organization.")


class ResourceNotYours(NotAllowed):
    """A resource label of an object that the user may not change, or cannot see."""

    code = "resource_not_yours"
    message = _("You may not change which files this has.")


class HeightNotInTier(NotAllowed):
    """A height that the tier of the file's organization does not have."""

    code = "height_not_in_tier"
    message = _("The organization's tier does not have this height.")


class OriginalNotInTier(NotAllowed):
    """The original of a picture, which the tier of its organization does not have."""

    code = "original_not_in_tier"
    message = _("The organization's tier does not have original pictures.")


class LinksNotInTier(NotAllowed):
    """A share link, which the tier of the file's organization does not have."""

    code = "links_not_in_tier"
    message = _("The organization's tier does not have share links.")


class LinkOver(OrgFilesError):
    """A share link that is used up, revoked or expired. To clients it does not exist."""

    code = "not_found"
    message = _("This link is over.")


class TooManyAttempts(OrgFilesError):
    """Too many wrong passwords; ``wait`` is the number of seconds until the next may be tried."""

    code = "throttled"
    message = _("Too many wrong passwords. Try again later.")

    def __init__(self, *, wait: int) -> None:
        self.wait = wait
        super().__init__()
