"""Rows that were deleted while a new one was about to refer to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.db.models import Model
from django.utils.translation import gettext as _

from org_files import get_organization_model
from org_files.exceptions import InvalidField
from org_files.models import AbstractFile, Upload


@contextmanager
def missing_is_a_field(row: AbstractFile | Upload) -> Iterator[None]:
    """Raise ``InvalidField`` if the organization or the owner was deleted meanwhile."""
    try:
        yield
    except IntegrityError as error:
        if not _exists(get_organization_model(), row.organization_id):
            message = _("There is no such organization.")
            raise InvalidField("organization", message) from error
        if row.owner_id is not None and not _exists(get_user_model(), row.owner_id):
            raise InvalidField("owner", _("There is no such user.")) from error
        raise


def _exists(model: type[Model], pk: Any) -> bool:
    return model._base_manager.filter(pk=pk).exists()
