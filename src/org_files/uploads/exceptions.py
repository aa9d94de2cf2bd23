"""Errors of uploads in several requests."""

from django.utils.translation import gettext_lazy as _

from org_files.exceptions import OrgFilesError


class UploadLost(OrgFilesError):
    """The bytes of an upload session are gone: it cannot be resumed."""

    code = "upload_lost"
    message = _("The bytes of this upload are lost. Start it again.")


class OffsetMismatch(OrgFilesError):
    """An append at another offset than that of the session."""

    code = "offset_mismatch"
    message = _("The upload is at another offset.")

    def __init__(self, *, expected: int, provided: int) -> None:
        self.expected, self.provided = expected, provided
        super().__init__()


class InconsistentLength(OrgFilesError):
    """A length of an upload that differs from an earlier one, or from the bytes that arrived."""

    code = "inconsistent_length"
    message = _("The lengths of the upload are inconsistent.")


class UploadComplete(OrgFilesError):
    """An append to a session that is complete."""

    code = "upload_complete"
    message = _("The upload is already complete.")


class UploadSuperseded(OrgFilesError):
    """Another request for the same session has ended this one."""

    code = "upload_superseded"
    message = _("Another request has taken over this upload.")


class UploadTooSlow(OrgFilesError):
    """A request whose bytes arrive more slowly than ``MIN_RATE``."""

    code = "upload_too_slow"
    message = _("The upload is too slow. What has arrived is kept.")


class TooManyUploads(OrgFilesError):
    """More upload sessions at once than ``MAX_PER_USER``."""

    code = "too_many_uploads"
    message = _("You have too many uploads at once. Complete or cancel some.")


class DigestMismatch(OrgFilesError):
    """Bytes that do not have the digest that was sent with them."""

    code = "digest_mismatch"
    message = _("The bytes do not have the digest that was sent.")


class NoDirectUpload(OrgFilesError):
    """A direct upload to a storage that takes none."""

    code = "no_direct_upload"
    message = _("The file store takes no direct uploads.")


class PartsMissing(OrgFilesError):
    """A direct upload is completed before all its parts are in the store."""

    code = "parts_missing"
    message = _("Some parts of the upload have not arrived.")
