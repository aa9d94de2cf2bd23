"""The errors of pictures and tiers, as the schema shows them."""

from __future__ import annotations

from org_files import exceptions
from org_files.rest.openapi.errors import DATABASE_CODES, RETRY_AFTER, STORAGE_CODES
from org_files.rest.openapi.responses import ErrorResponse

__all__ = [
    "HEIGHT_CODES",
    "HEIGHT_FORBIDDEN",
    "NOT_A_PICTURE",
    "ORIGINAL_CODES",
    "ORIGINAL_FORBIDDEN",
    "RENDITION_STORAGE_FULL",
    "RENDITION_UNAVAILABLE",
]

HEIGHT_CODES = {exceptions.HeightNotInTier.code: exceptions.HeightNotInTier.message}
ORIGINAL_CODES = {exceptions.OriginalNotInTier.code: exceptions.OriginalNotInTier.message}

HEIGHT_FORBIDDEN = ErrorResponse(
    "HeightForbidden",
    403,
    "The tier of the file's organization does not have this height.",
    HEIGHT_CODES,
)
ORIGINAL_FORBIDDEN = ErrorResponse(
    "OriginalForbidden",
    403,
    "A picture, of which the tier of its organization does not have the original.",
    ORIGINAL_CODES,
)
NOT_A_PICTURE = ErrorResponse(
    "NotAPicture",
    422,
    "The picture cannot be decoded, or is too large to be.",
    {exceptions.NotAPicture.code: exceptions.NotAPicture.message},
)
RENDITION_UNAVAILABLE = ErrorResponse(
    "RenditionUnavailable",
    503,
    "Too many pictures are being prepared, the file store cannot give the bytes, or the database "
    "cannot be reached.",
    {
        exceptions.RenditionsBusy.code: exceptions.RenditionsBusy.message,
        exceptions.ContentUnavailable.code: exceptions.ContentUnavailable.message,
    }
    | STORAGE_CODES
    | DATABASE_CODES,
    headers=RETRY_AFTER,
)
RENDITION_STORAGE_FULL = ErrorResponse(
    "RenditionStorageFull",
    507,
    "The file store has no room for a picture that is made on request.",
    {exceptions.StorageFull.code: exceptions.StorageFull.message},
)
