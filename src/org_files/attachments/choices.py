"""Files that a form shows, attaches, removes and restores, as its user sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from org_files import get_file_model
from org_files.access import Action, get_policy
from org_files.attachments.pending import organization_of_object
from org_files.exceptions import InvalidField
from org_files.files.attaching import attached_to
from org_files.files.content import normal_form
from org_files.models import AbstractFile, unexpired
from org_files.tiers import TIER

#: The longest text that is looked for in names.
MAX_SEARCH_LENGTH = 256


def visible_files(user: Any) -> QuerySet[AbstractFile]:
    """Return the files that ``user`` may see, none without a user who is logged in."""
    if not getattr(user, "is_authenticated", False):
        return get_file_model()._default_manager.none()
    return get_policy().visible_files(user)


def files_for_column(user: Any, column: Any, obj: Any) -> QuerySet[AbstractFile]:
    """Return the files that ``user`` may choose for ``column``, or for any if it is ``None``.

    They are of the organization of ``obj``, if that is saved and has one.
    """
    files = visible_files(user) if column is None else column.visible_files(user)
    state = getattr(obj, "_state", None)
    organization = None if state is None or state.adding else organization_of_object(obj)
    return files if organization is None else files.filter(organization=organization)


def files_for_form(manager: Any, user: Any) -> QuerySet[AbstractFile]:
    """Return the attached files that ``user`` may see, with what a form shows of them."""
    if manager.instance._state.adding:
        return get_file_model()._default_manager.none()
    files: QuerySet[AbstractFile] = manager.attached(visible_files(user))
    return files.select_related("organization", TIER).order_by("created_at", "pk")


def unattached() -> Q:
    """Return the condition of files that are attached to no object."""
    # A site's own model may have NULL.
    return Q(resource="") | Q(resource=None)


def attachable_files(manager: Any, user: Any) -> QuerySet[AbstractFile]:
    """Return the files of the object's organization that ``user`` sees and no object has."""
    obj, files = manager.instance, visible_files(user)
    organization = None if obj._state.adding else manager.label.organization_key_of(obj)
    if organization is None:
        return files.none()
    return files.filter(unattached(), organization=organization)


def may_attach(user: Any, files: Sequence[AbstractFile]) -> set[Any]:
    """Return the keys of those of ``files``, which ``user`` sees, that they own or may change."""
    own = {file.pk for file in files if file.owner_id == user.pk}
    others = [file for file in files if file.pk not in own]
    return own | get_policy().allowed(Action.CHANGE, user, others)


def words_of(text: str) -> list[str]:
    """Return the words of ``text`` that are looked for in names."""
    return normal_form(text[:MAX_SEARCH_LENGTH].replace("\0", " ")).split()


def found_by_name(files: QuerySet[AbstractFile], text: str) -> QuerySet[AbstractFile]:
    """Return those of ``files`` whose names have all words of ``text``."""
    for word in words_of(text):
        files = files.filter(name__icontains=word)
    return files


def only_file(files: QuerySet[AbstractFile], text: str) -> AbstractFile:
    """Return the file that ``text`` finds. Raises ``InvalidField`` for none and for several."""
    found = list(found_by_name(files, text)[:2]) if words_of(text) else []
    if len(found) != 1:
        several = _("Several files have this in their names: choose one of them.")
        raise InvalidField("name", several if found else _("No file has this in its name."))
    return found[0]


def trashed_files(manager: Any, user: Any) -> QuerySet[AbstractFile]:
    """Return the files of an object in the trash that ``user`` may restore."""
    key = manager.label.key_of(manager.instance)
    if not key or manager.instance._state.adding or not getattr(user, "is_authenticated", False):
        return get_file_model()._default_manager.none()
    organization = manager.label.organization_key_of(manager.instance)
    files = get_policy().removable_files(user).exclude(deleted_at=None)
    return files.filter(unexpired(), attached_to(manager.label.text, key, organization))
