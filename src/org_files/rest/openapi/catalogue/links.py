"""Operations of share links and tickets."""

from __future__ import annotations

from functools import partial

from org_files import get_organization_model
from org_files.rest.openapi import errors, examples, link_errors
from org_files.rest.openapi.catalogue.files import (
    CONDITIONS,
    CONTENT_ANSWERS,
    CONTENT_ERRORS,
    DISPOSITION,
    FILE_ID,
)
from org_files.rest.openapi.catalogue.files import TAG as FILES
from org_files.rest.openapi.catalogue.pictures import RENDITION_ERRORS
from org_files.rest.openapi.components import STRING, UUID, Schema, key_schema
from org_files.rest.openapi.operations import (
    Answer,
    Operation,
    Request,
    page_answer,
    parameter,
    shown,
)
from org_files.rest.openapi.responses import header

__all__ = ["OPERATIONS"]

TAG = "Share links"
SERIALIZERS = "org_files.rest.link_serializers"
VIEWS = "org_files.rest.views.links"
SHARED = "org_files.rest.views.shared.SharedView"

LINK_PAGE = page_answer("ShareLinkPage", f"{SERIALIZERS}.LinkSerializer", examples.link)

LINK_ID = partial(
    parameter, "id", "Id of the link.", UUID, location="path", example=examples.LINK_ID
)
TOKEN = partial(
    parameter,
    "token",
    "The token of the link, the end of its `url`.",
    STRING,
    location="path",
    example=examples.TOKEN,
)


def _organization() -> Schema:
    return parameter(
        "organization",
        "Links to files of this organization: all of those that one may revoke, whoever made them.",
        key_schema(get_organization_model()),
    )


def link_answer(status: int, description: str) -> Answer:
    """Return the answer of an operation on one link."""
    schema = shown(f"{SERIALIZERS}.LinkSerializer")
    return Answer(status, description, schema, {"link": examples.link})


OPERATIONS = [
    Operation(
        view=f"{VIEWS}.FileLinksView",
        method="GET",
        id="files_links",
        tag=TAG,
        summary="List the links to a file",
        description="All links to a file, of every creator, newest first. For its owner, while "
        "they may upload to its organization, the admins of the organization, and operators.",
        parameters=[FILE_ID],
        answers=[LINK_PAGE],
        errors=[errors.FORBIDDEN, errors.NOT_FOUND],
    ),
    Operation(
        view=f"{VIEWS}.FileLinksView",
        method="POST",
        id="files_links_create",
        tag=TAG,
        summary="Make a link to a file",
        description="Anyone who has its `url` downloads the file, or with `rendition` one height "
        "of the picture, without a login, until the link expires, is revoked or used up, the file "
        "is gone, or its creator could not make it any more. The tier of the file's organization "
        "says whether there are links, and how long they may last. For the file's owner, while "
        "they may upload to its organization, the admins of the organization, and operators.",
        parameters=[FILE_ID],
        request=Request(f"{SERIALIZERS}.NewLinkSerializer", examples.new_link),
        answers=[link_answer(201, "The link, made.")],
        errors=[
            link_errors.INVALID_LINK,
            link_errors.LINK_FORBIDDEN,
            errors.NOT_FOUND,
            errors.CONFLICT,
            errors.REQUEST_TOO_LARGE,
        ],
    ),
    Operation(
        view=f"{VIEWS}.LinkListView",
        method="GET",
        id="links_list",
        tag=TAG,
        summary="List one's own links",
        description="The links that the requester made to files that they may change now, newest "
        "first. With `organization` the links of every creator to its files that the requester "
        "may change, those of former members too.",
        parameters=[_organization],
        answers=[LINK_PAGE],
    ),
    Operation(
        view=f"{VIEWS}.LinkView",
        method="GET",
        id="links_retrieve",
        tag=TAG,
        summary="Show a link",
        description="One link, with its URL. For those who may change the file.",
        parameters=[LINK_ID],
        answers=[link_answer(200, "The link.")],
        errors=[errors.NOT_FOUND],
    ),
    Operation(
        view=f"{VIEWS}.LinkView",
        method="PATCH",
        id="links_update",
        tag=TAG,
        summary="Change a link",
        description="Sets what is sent and leaves the rest as it is; the URL stays the same. A "
        "link that is revoked stays so, whatever time it is given. For those who could make it.",
        parameters=[LINK_ID],
        request=Request(f"{SERIALIZERS}.LinkChangeSerializer", examples.changed_link),
        answers=[link_answer(200, "The link, changed.")],
        errors=[
            link_errors.INVALID_LINK,
            link_errors.LINK_CHANGE_FORBIDDEN,
            errors.NOT_FOUND,
            errors.REQUEST_TOO_LARGE,
        ],
    ),
    Operation(
        view=f"{VIEWS}.LinkView",
        method="DELETE",
        id="links_revoke",
        tag=TAG,
        summary="Revoke a link",
        description="Ends the link at once and for good. It stays in the lists for a while, as "
        "`revoked`. For those who may change the file.",
        parameters=[LINK_ID],
        answers=[Answer(204, "Revoked.")],
        errors=[errors.NOT_FOUND],
    ),
    Operation(
        view=f"{VIEWS}.TicketView",
        method="POST",
        id="files_ticket",
        tag=FILES,
        summary="Get a ticket for a file",
        description="A URL of the file's content, or with `height` of the picture in that height, "
        "that carries a signature, so that a browser's `<a>`, `<img>` or `<video>` can fetch it "
        "without a header. It opens this only, for a few minutes, and as the requester: their "
        "rights are asked for each time.",
        parameters=[FILE_ID],
        request=Request(
            f"{SERIALIZERS}.TicketRequestSerializer", examples.new_ticket, is_required=False
        ),
        answers=[
            Answer(
                200,
                "The URL.",
                shown(f"{SERIALIZERS}.TicketSerializer"),
                {"ticket": examples.ticket, "of_a_height": examples.ticket_of_height},
            )
        ],
        errors=[
            link_errors.INVALID_HEIGHT,
            link_errors.TICKET_FORBIDDEN,
            errors.NOT_FOUND,
            errors.REQUEST_TOO_LARGE,
        ],
    ),
    Operation(
        view=SHARED,
        method="GET",
        id="shared_content",
        tag=TAG,
        summary="Download through a link",
        description="The bytes, under the original name, for whoever has the URL. `HEAD` answers "
        "with the same headers and no content. A link that is unknown, expired, revoked, used up "
        "or whose file is gone is not found, all in the same way.\n\nEach download that is granted "
        "counts once against `max_downloads`, before its first byte: not `HEAD`, 304 or errors, "
        "and the ranges that one requester asks for within an hour count as one. A link that is "
        "used up still gives ranges, and nothing else, to who has begun within that hour.\n\nA "
        "link to one height of a picture gives that, and counts in the same way. What the tier of "
        "the file's organization does not have, or not any more, is not found.\n\nBrowsers, whose "
        "`Accept` has `text/html`, are asked for a password by a page.",
        parameters=[
            TOKEN,
            partial(
                parameter,
                "access",
                "What the right password leads to; it holds for a minute.",
                STRING,
            ),
            DISPOSITION,
            *CONDITIONS,
        ],
        answers=[
            *CONTENT_ANSWERS,
            Answer(
                204,
                "For a browser that only looks ahead, and for messengers that want a preview; "
                "counts nothing.",
            ),
        ],
        errors=[
            errors.INVALID_DISPOSITION,
            link_errors.PASSWORD_REQUIRED,
            *RENDITION_ERRORS,
            *CONTENT_ERRORS,
        ],
    ),
    Operation(
        view=SHARED,
        method="POST",
        id="shared_open",
        tag=TAG,
        summary="Open a link by its password",
        description="Leads to the bytes, where the password is right. A link without a password "
        "leads to them, too.",
        parameters=[TOKEN],
        request=Request(f"{SERIALIZERS}.LinkPasswordSerializer", examples.link_password),
        answers=[
            Answer(
                303,
                "Where the bytes are, for a minute.",
                headers={"Location": header("The URL, with `access`.")},
            )
        ],
        errors=[
            errors.INVALID_BODY,
            link_errors.PASSWORD_WRONG,
            errors.NOT_FOUND,
            errors.REQUEST_TOO_LARGE,
            link_errors.TOO_MANY_PASSWORDS,
        ],
    ),
]
