"""Example values. Their ids are of the host's key types, so they are made when asked for."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model

from org_files import get_organization_model
from org_files.models import LinkState, Role
from org_files.rest.openapi.components import key_schema

__all__ = [
    "FILE_ID",
    "LINK_ID",
    "TOKEN",
    "changed_file",
    "changed_link",
    "changed_organization",
    "download",
    "expanded_organization",
    "file",
    "key",
    "link",
    "link_password",
    "member",
    "new_link",
    "new_member",
    "new_organization",
    "new_ticket",
    "organization",
    "organization_reference",
    "picture",
    "role",
    "ticket",
    "ticket_of_height",
    "tier",
    "trashed_files",
    "upload",
    "usage",
    "user_reference",
]

FILE_ID = "019a3c1e-5f60-7c2b-9d3a-6b1f0c2d4e5f"
LINK_ID = "019a3c1f-0d44-7e18-8a52-2f6d90b7c3e1"
TOKEN = "k3Jx0mZPq9vT1sYbW7dLrHn5uEfGcA2iVoQ8tRzNwX4"  # noqa: S105 - opens nothing
MOMENT = "2026-03-01T09:30:00.123456Z"


def key(model: type[Model], number: int) -> Any:
    """Return a primary key as ``model`` has them."""
    schema = key_schema(model)
    if schema["type"] == "integer":
        return number
    return f"019a3c1e-0000-7000-8000-{number:012d}" if "format" in schema else str(number)


def organization_reference() -> dict[str, Any]:
    """Return an organization in short."""
    return {"id": key(get_organization_model(), 3), "name": "Acme"}


def user_reference() -> dict[str, Any]:
    """Return a user in short."""
    return {"id": key(get_user_model(), 7), "name": "Ada Lovelace"}


def file() -> dict[str, Any]:
    """Return a file."""
    return {
        "id": FILE_ID,
        "name": "report.pdf",
        "size": 48213,
        "content_type": "application/pdf",
        "is_picture": False,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "comment": "As sent to the board.",
        "resource": "project",
        "resource_id": "42",
        "is_public": False,
        "organization": organization_reference(),
        "owner": user_reference(),
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "expires_at": None,
        "deleted_at": None,
        "download_count": 12,
        "last_downloaded_at": "2026-03-04T16:05:12.004215Z",
        "content_url": f"https://example.com/api/files/{FILE_ID}/content/",
        "renditions": [],
    }


def picture() -> dict[str, Any]:
    """Return a file that is a picture, in the heights of its organization's tier."""
    url = f"https://example.com/api/files/{FILE_ID}/renditions"
    return {
        **file(),
        "name": "harbour.jpg",
        "size": 5242880,
        "content_type": "image/jpeg",
        "is_picture": True,
        "renditions": [{"height": height, "url": f"{url}/{height}/"} for height in (200, 400)],
    }


def upload() -> dict[str, Any]:
    """Return the parts of an upload."""
    return {
        "file": "(the bytes)",
        "organization": key(get_organization_model(), 3),
        "comment": "As sent to the board.",
        "resource": "project",
        "resource_id": "42",
    }


def changed_file() -> dict[str, Any]:
    """Return a change."""
    return {"name": "minutes.pdf", "comment": "As sent to the board.", "expires_at": None}


def trashed_files() -> dict[str, Any]:
    """Return how many files were moved to the trash."""
    return {"deleted": 3}


def organization() -> dict[str, Any]:
    """Return an organization."""
    return {
        **organization_reference(),
        "description": "Makers of everything.",
        "tier": 3,
        "download_count": 340,
        "file_count": 28,
        "bytes_stored": 73400320,
        "created_at": MOMENT,
    }


def expanded_organization() -> dict[str, Any]:
    """Return an organization with its members."""
    return {**organization(), "members": [member()]}


def new_organization() -> dict[str, Any]:
    """Return what an organization is made of."""
    return {"name": "Acme", "description": "Makers of everything."}


def changed_organization() -> dict[str, Any]:
    """Return a change."""
    return {"description": "Makers of nearly everything."}


def usage() -> dict[str, Any]:
    """Return the usage of an organization."""
    return {
        "bytes_stored": 73400320,
        "quota_bytes": None,
        "file_count": 28,
        "download_count": 340,
        "downloads_per_day": [
            {"date": "2026-03-03", "count": 7},
            {"date": "2026-03-04", "count": 12},
        ],
    }


def tier() -> dict[str, Any]:
    """Return a tier."""
    return {
        "id": 3,
        "name": "Enterprise",
        "heights": [200, 400],
        "allow_original": True,
        "allow_links": True,
        "link_min_seconds": 300,
        "link_max_seconds": 30000,
        "allow_permanent_links": False,
        "max_file_size": None,
        "quota_bytes": None,
        "quota_files": None,
    }


def member() -> dict[str, Any]:
    """Return a member."""
    return {**user_reference(), "role": Role.ADMIN.value}


def new_member() -> dict[str, Any]:
    """Return who is to be a member."""
    return {"user": key(get_user_model(), 7), **role()}


def role() -> dict[str, Any]:
    """Return the role of a member."""
    return {"role": Role.MEMBER.value}


def download() -> dict[str, Any]:
    """Return a row of the ledger."""
    return {
        "id": "9001",
        "file": {"id": FILE_ID, "name": "report.pdf"},
        "organization": organization_reference(),
        "user": user_reference(),
        "link": None,
        "downloaded_at": "2026-03-04T16:05:12.004215Z",
    }


def link() -> dict[str, Any]:
    """Return a share link."""
    return {
        "id": LINK_ID,
        "file": {
            "id": FILE_ID,
            "name": "report.pdf",
            "size": 48213,
            "content_type": "application/pdf",
        },
        "rendition": None,
        "url": f"https://example.com/api/shared/{TOKEN}/",
        "label": "For the auditors.",
        "created_by": user_reference(),
        "created_at": MOMENT,
        "expires_at": "2026-03-01T17:30:00.123456Z",
        "time_left": 25200,
        "state": LinkState.ACTIVE.value,
        "max_downloads": 5,
        "download_count": 2,
        "has_password": True,
    }


def new_link() -> dict[str, Any]:
    """Return what a share link is made of."""
    return {**changed_link(), "label": "For the auditors.", "password": "heron-lamp-42"}


def changed_link() -> dict[str, Any]:
    """Return a change."""
    return {"expires_in": 28800, "max_downloads": 5}


def link_password() -> dict[str, Any]:
    """Return the password of a share link."""
    return {"password": "heron-lamp-42"}


def new_ticket() -> dict[str, Any]:
    """Return what a ticket is to be for: the original."""
    return {"height": None}


def ticket() -> dict[str, Any]:
    """Return a URL that carries a ticket."""
    return _ticket_of("content")


def ticket_of_height() -> dict[str, Any]:
    """Return a URL that carries a ticket, of one height of a picture."""
    return _ticket_of("renditions/200")


def _ticket_of(path: str) -> dict[str, Any]:
    signed = "WyI3Il0:1vwZ3u:0xVb7Qe1rPpYt5mKc2JdA9sLhGfUoNiE6wRzTqXy8Bk"
    return {
        "url": f"https://example.com/api/files/{FILE_ID}/{path}/?ticket={signed}",
        "expires_at": "2026-03-01T09:35:00.123456Z",
    }
