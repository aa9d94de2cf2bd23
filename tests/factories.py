"""What tests need to exist, made by plain functions, whatever models the site has."""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile

from org_files import get_file_model, get_organization_model
from org_files.files import store_file
from org_files.models import AbstractFile, AbstractOrganization, Membership, Role
from org_files.storage import content_key

_numbers = count(1)


def make_user(name: str = "ada", *, password: str | None = None, **fields: Any) -> Any:
    """Create a user. Without a password the account cannot log in."""
    model = get_user_model()
    address = f"{name}-{next(_numbers)}@example.com"
    fields.setdefault(model.USERNAME_FIELD, address)
    fields.setdefault(model.get_email_field_name(), address)
    return model._default_manager.create_user(password=password, **fields)


def make_organization(name: str = "Acme", **fields: Any) -> AbstractOrganization:
    """Create an organization."""
    return get_organization_model()._default_manager.create(name=name, **fields)


def join(
    organization: AbstractOrganization, user: Any, role: Role | str = Role.MEMBER
) -> Membership:
    """Make ``user`` a member of ``organization``."""
    return Membership.objects.create(organization=organization, user=user, role=role)


def make_file(
    organization: AbstractOrganization | None = None,
    owner: Any = None,
    *,
    name: str = "report.pdf",
    content: bytes = b"A report.",
    **fields: Any,
) -> AbstractFile:
    """Create the row of a file, whose bytes no store has."""
    file = get_file_model()(
        organization=organization or make_organization(),
        owner=owner,
        name=name,
        size=len(content),
        sha256=sha256(content).hexdigest(),
        **{"content_type": "application/pdf"} | fields,
    )
    file.content = content_key(file, name)
    file.save(force_insert=True)
    return file


def make_stored_file(
    organization: AbstractOrganization | None = None,
    owner: Any = None,
    *,
    name: str = "report.txt",
    content: bytes = b"A report.",
    **fields: Any,
) -> AbstractFile:
    """Store a file, bytes and row, as an upload does."""
    return store_file(
        organization=organization or make_organization(),
        owner=owner,
        upload=ContentFile(content),
        name=name,
        **fields,
    )
