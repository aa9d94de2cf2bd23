"""Factories of users, organizations, files, links and tiers, for the models that the site has.

Each takes the columns of the model as keyword arguments, also those that the site's models add.
"""

import inspect
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import Any, Literal

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage

from org_files import get_file_model, get_organization_model
from org_files.delivery import Deliverable
from org_files.files import store_file
from org_files.links import create_link
from org_files.models import (
    AbstractFile,
    AbstractOrganization,
    Membership,
    Role,
    ShareLink,
    Subscription,
    Tier,
)
from org_files.storage import content_key

Kind = Literal["user", "organization", "file"]

#: Functions that return default columns of a new user, organization or file: those that a site's
#: own models require. Each is called once per row, so that unique columns can differ.
DEFAULTS: dict[Kind, Callable[[], Mapping[str, Any]]] = {}

_numbers = count(1)


def make_user(name: str = "ada", *, password: str | None = None, **fields: Any) -> Any:
    """Create a user, by the ``create_user`` of the model's manager.

    The login and, where the model has one, the e-mail address are ``<name>-<number>@example.com``
    unless ``fields`` has them. Without a password the account cannot log in by one.
    """
    model = get_user_model()
    address = f"{name}-{next(_numbers)}@example.com"
    values: dict[str, Any] = {model.USERNAME_FIELD: address}
    email = model.get_email_field_name()
    if email in {field.name for field in model._meta.fields}:
        values[email] = address
    return model._default_manager.create_user(
        password=password, **values | _defaults("user") | fields
    )


def make_organization(name: str = "Acme", **fields: Any) -> AbstractOrganization:
    """Create an organization."""
    values: dict[str, Any] = {"name": name} | _defaults("organization") | fields
    return get_organization_model()._default_manager.create(**values)


def join(
    organization: AbstractOrganization, user: Any, role: Role | str = Role.MEMBER, **fields: Any
) -> Membership:
    """Make ``user`` a member of ``organization``."""
    values: dict[str, Any] = {"organization": organization, "user": user, "role": role}
    return Membership.objects.create(**values | fields)


def make_file(
    organization: AbstractOrganization | None = None,
    owner: Any = None,
    *,
    name: str = "report.pdf",
    content: bytes = b"A report.",
    **fields: Any,
) -> AbstractFile:
    """Create the row of a file without storing its bytes.

    Without ``organization``, the file belongs to a new one.
    """
    values: dict[str, Any] = {
        "organization": organization or make_organization(),
        "owner": owner,
        "name": name,
        "size": len(content),
        "sha256": sha256(content).hexdigest(),
        "content_type": "application/pdf",
    }
    file = get_file_model()(**values | _defaults("file") | fields)
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
    """Store a file, bytes and row, as an upload does.

    Without ``organization``, the file belongs to a new one. Columns that an upload cannot set are
    set afterwards.
    """
    values: dict[str, Any] = {
        "organization": organization or make_organization(),
        "owner": owner,
        "name": name,
        "upload": ContentFile(content),
    }
    values |= _defaults("file") | fields
    file = store_file(**{key: values.pop(key) for key in _UPLOADED & values.keys()})
    if values:
        for field, value in values.items():
            setattr(file, field, value)
        file.save(update_fields=list(values))
    return file


def make_link(file: AbstractFile | None = None, user: Any = None, **fields: Any) -> ShareLink:
    """Create a share link as the API does; it never expires unless ``expires_in`` is given.

    Without ``file``, the link is to a new stored one. Without ``user``, it is the owner's. Columns
    that no request sets, such as ``expires_at`` and ``used``, are set afterwards.
    """
    if file is None:
        owner = user or make_user()
        file = make_stored_file(owner=owner)
        join(file.organization, owner)
    values: dict[str, Any] = {"expires_in": None} | fields
    made = {key: values.pop(key) for key in _LINK_ARGUMENTS & values.keys()}
    link = create_link(file=file, user=user or file.owner, **made)
    if values:
        ShareLink.objects.filter(pk=link.pk).update(**values)
        link.refresh_from_db()
    return link


def make_tier(name: str | None = None, **fields: Any) -> Tier:
    """Create a tier with heights of 200 and 400 pixels and with originals.

    Tests that empty the tables remove the tiers of the migrations.

    Raises:
        ValidationError: the admin refuses such a tier.
    """
    values: dict[str, Any] = {"heights": [200, 400], "allow_original": True} | fields
    tier = Tier(name=name or f"Tier {next(_numbers)}", **values)
    tier.full_clean()
    tier.save(force_insert=True)
    return tier


def subscribe(organization: AbstractOrganization, tier: Tier | None = None, **fields: Any) -> Tier:
    """Subscribe ``organization`` to ``tier``, or to a new one with ``fields``; return the tier."""
    tier = tier or make_tier(**fields)
    values: dict[str, Any] = {"organization": organization, "defaults": {"tier": tier}}
    Subscription.objects.update_or_create(**values)
    # The instance may have read its earlier subscription.
    organization._state.fields_cache.pop("org_files_subscription", None)
    return tier


def make_deliverable(
    content: bytes = b"0123456789", *, storage: Storage | None = None, **fields: Any
) -> Deliverable:
    """Save ``content`` in ``storage``, by default in memory, and return it as a ``Deliverable``."""
    storage = storage or InMemoryStorage()
    values: dict[str, Any] = {
        "name": "report.pdf",
        "size": len(content),
        "digest": sha256(content).hexdigest(),
        "last_modified": datetime(2024, 2, 29, 12, 30, 15, 999_999, tzinfo=UTC),
        "content_type": "application/pdf",
    }
    key = fields.pop("key", None) or storage.save("key", ContentFile(content))
    return Deliverable(storage=storage, key=key, **values | fields)


_UPLOADED = inspect.signature(store_file).parameters.keys()
_LINK_ARGUMENTS = inspect.signature(create_link).parameters.keys()


def _defaults(kind: Kind) -> dict[str, Any]:
    return dict(DEFAULTS.get(kind, dict)())
