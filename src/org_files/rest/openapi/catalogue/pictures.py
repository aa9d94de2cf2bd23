"""Operations of pictures and tiers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from org_files.rest.openapi import errors, examples, picture_errors
from org_files.rest.openapi.catalogue.files import (
    CONDITIONS,
    CONTENT_ANSWERS,
    CONTENT_ERRORS,
    DISPOSITION,
    FILE_ID,
    TICKET,
)
from org_files.rest.openapi.catalogue.files import TAG as FILES
from org_files.rest.openapi.operations import Operation, page_answer, parameter
from org_files.validators import MAX_HEIGHT

__all__ = ["OPERATIONS", "RENDITION_ERRORS"]

HEIGHT = partial(
    parameter,
    "height",
    "In pixels: one of those in the file's `renditions`.",
    {"type": "integer", "minimum": 1, "maximum": MAX_HEIGHT},
    location="path",
    example=200,
)

#: What may go wrong with a picture that is made on request.
RENDITION_ERRORS = [
    picture_errors.NOT_A_PICTURE,
    picture_errors.RENDITION_UNAVAILABLE,
    picture_errors.RENDITION_STORAGE_FULL,
]

PICTURE_ANSWERS = [
    replace(
        answer,
        media_type="image/*",
        examples={"picture": lambda: "The bytes of a JPEG."} if answer.schema else {},
    )
    for answer in CONTENT_ANSWERS
]

TIER_PAGE = page_answer("TierPage", "org_files.rest.serializers.TierSerializer", examples.tier)

OPERATIONS = [
    Operation(
        view="org_files.rest.views.contents.RenditionView",
        method="GET",
        id="files_rendition",
        tag=FILES,
        summary="Fetch a picture in one height",
        description="The picture, that high, upright and without metadata: made when it is asked "
        "for first, and kept. One that is lower than that stays as high as it is. It goes by the "
        "name of the file, with the suffix of its own format, JPEG or PNG. `HEAD` answers with the "
        "same headers and no content.\n\nWhoever sees the file may fetch it, in the heights of "
        "the tier of its organization, or those of the site where it has no tier. It counts as no "
        "download.",
        parameters=[FILE_ID, HEIGHT, DISPOSITION, TICKET, *CONDITIONS],
        answers=PICTURE_ANSWERS,
        # Those of pictures first: of each status the first holds.
        errors=[
            errors.INVALID_DISPOSITION,
            picture_errors.HEIGHT_FORBIDDEN,
            *RENDITION_ERRORS,
            *CONTENT_ERRORS,
        ],
    ),
    Operation(
        view="org_files.rest.views.tiers.TierListView",
        method="GET",
        id="tiers_list",
        tag="Tiers",
        summary="List tiers",
        description="What organizations are given, by the tier that they have. One without any is "
        "limited by the defaults of the site alone.",
        answers=[TIER_PAGE],
    ),
]
