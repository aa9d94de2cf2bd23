"""Example values. Their ids are of the host's key types, so they are made when asked for."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model

from org_files import get_organization_model
from org_files.models import Role
from org_files.rest.openapi.components import key_schema

__all__ = [
    "FILE_ID",
    "changed_file",
    "changed_organization",
    "download",
    "expanded_organization",
    "file",
    "key",
    "member",
    "new_member",
    "new_organization",
    "organization",
    "organization_reference",
    "role",
    "trashed_files",
    "upload",
    "usage",
    "user_reference",
]

FILE_ID = "019a3c1e-5f60-7c2b-9d3a-6b1f0c2d4e5f"
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
        "tier": None,
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
