"""File fields of a site's own models, and what stored files take from their rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.files.storage import DefaultStorage, Storage, storages
from django.db.models import FileField, ForeignKey, Model, QuerySet, prefetch_related_objects
from django.utils.timezone import is_naive, make_aware

from org_files import get_file_model, get_organization_model
from org_files.attachments.paths import ColumnError, models_along, relations_of, value_of
from org_files.db.rows import all_rows
from org_files.files.attaching import Resource
from org_files.ids import named_id
from org_files.labels import Label, labels_along

#: What a path of ``Paths`` leads to; ``None`` for a user.
KINDS = {"owner": None, "name": str, "comment": str, "created_at": datetime}


class OldFile(NamedTuple):
    """What a column names."""

    storage: Any
    name: str


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Paths from a row to what a stored file needs: names with dots, such as ``shop.company``.

    An empty path gives what a file has without one.
    """

    organization: str = ""
    owner: str = ""
    #: The object whose file it becomes; by default the row itself.
    object: str = ""
    name: str = ""
    comment: str = ""
    created_at: str = ""


@dataclass
class Column:
    """A ``FileField`` whose files are stored as files of organizations.

    Raises ``ColumnError`` where model, field, ``to`` or a path does not fit.
    """

    model: type[Model]
    #: The name of the field, or the path to that of another model, such as ``document.file``.
    path: str
    #: The foreign key that names the new files.
    to_name: str = ""
    paths: Paths = field(default_factory=Paths)
    #: The label that the files get, by default that of the object's attachments; none with ``to``.
    resource: str = ""
    #: The primary key of one organization for all files.
    organization_pk: Any = None

    def __post_init__(self) -> None:
        *steps, name = self.path.split(".")
        *passed, holder = [self.model, *models_along(self.model, ".".join(steps))]
        if len(passed) != len(steps) or holder is None:
            raise ColumnError(f"{self.model._meta.label} has no {self.path!r}.")
        self.field: FileField = _field(holder, name, FileField)
        #: Whether the model itself has the field.
        self.is_own = not steps
        if self.field.model is get_file_model():
            raise ColumnError(f"The files of {holder._meta.label} are stored files already.")
        # With inheritance that may be a parent.
        self.table = self.field.model if self.is_own else self.model
        self.to: Any = _field(self.model, self.to_name, ForeignKey) if self.to_name else None
        if self.to is not None and self.to.related_model is not get_file_model():
            raise ColumnError(f"{self.to} does not name stored files.")
        if self.to is not None and self.to.model is not self.table:
            raise ColumnError(f"{self.to} is not in the table of {self.table._meta.label}.")
        paths = [self.path, *vars(self.paths).values(), *self._paths_of_labels()]
        self._relations = sorted({relations_of(self.model, path) for path in paths} - {""})
        self._lookup = self.path.replace(".", "__")
        self._organizations: dict[Any, Any] = {}
        if self.organization_pk is not None and self._organization(self.organization_pk) is None:
            raise ColumnError(f"There is no organization {self.organization_pk}.")

    def __str__(self) -> str:
        return str(self.field) if self.is_own else f"{self.model._meta.label}.{self.path}"

    def rows(self) -> QuerySet[Any]:
        """Return the rows that name a file, past managers."""
        return all_rows(self.model).filter(**{f"{self._lookup}__gt": ""})

    def batches(self, size: int) -> Iterator[list[Any]]:
        """Yield the rows in the order of their keys, with what the paths lead to."""
        rows = self.rows().order_by("pk")
        batch = list(rows[:size])
        while batch:
            # Fails for a generic foreign key to a model that is gone: each row is asked then.
            with suppress(AttributeError):
                prefetch_related_objects(batch, *self._relations)
            yield batch
            batch = list(rows.filter(pk__gt=batch[-1].pk)[:size])

    def file_of(self, row: Any) -> OldFile:
        """Return what the column of ``row`` names."""
        found = value_of(row, self.path)
        return OldFile(real_storage(found.storage), found.name)

    def id_of(self, row: Any) -> UUID:
        """Return the public id of the file that is stored of a row: the same in each run.

        It is unique in the table of files, so that no file is stored twice.
        """
        return named_id(f"{self}:{row.pk}", self.file_of(row).name)

    def refuse_emptying(self) -> None:
        """Raise ``ColumnError`` for a column that cannot be emptied."""
        if not self.is_own:
            raise ColumnError(f"{self} is a column of another model, and cannot be emptied.")
        if self.field.unique and not self.field.null:
            raise ColumnError(f"{self} is unique and not null, and cannot be emptied.")

    def name_file(self, row: Any, old: Any, new: Any) -> bool:
        """Have ``to`` name the file ``new`` if it is ``old``, both keys; return whether it was."""
        return self._update(row, {self.to.attname: old}, {self.to.attname: new})

    def empty(self, row: Any, file: Any) -> bool:
        """Empty the column if ``to``, where there is one, names ``file``; return whether it did."""
        expected = {self.to.attname: file.pk} if self.to is not None else {}
        # Of a unique column several rows may have NULL, but not an empty text.
        return self._update(row, expected, {self.field.name: None if self.field.null else ""})

    def _update(self, row: Any, expected: dict[str, Any], values: dict[str, Any]) -> bool:
        """Change a row, in one statement, if it has what is expected and names the same file."""
        expected = {"pk": row.pk, self._lookup: self.file_of(row).name} | expected
        return bool(all_rows(self.table).filter(**expected).update(**values))

    def organization_of(self, row: Any) -> Any:
        """Return the organization of the new file, or ``None``."""
        found = self.organization_pk
        if found is None and self.paths.organization:
            found = value_of(row, self.paths.organization)
        elif found is None and (label := self._label(obj := self.object_of(row))):
            found = label.organization_of(obj)
        is_key = found is not None and not isinstance(found, get_organization_model())
        return self._organization(found) if is_key else found

    def object_of(self, row: Any) -> Any:
        """Return the object of the site that gets the file, or ``None``."""
        return value_of(row, self.paths.object) if self.paths.object else row

    def resource_of(self, row: Any) -> Resource:
        """Return what the new file names, both texts empty for nothing."""
        obj = self.object_of(row)
        if obj is None or (self.to is not None and not self.resource):
            return Resource("", "")
        label = self._label(obj)
        text = label.text if label else self.resource or obj._meta.concrete_model._meta.label_lower
        return Resource(text, label.key_of(obj) if label else str(obj.pk))

    def has_place(self, row: Any, file: Any) -> bool:
        """Return whether an imported file is attached as this import does it, or need not be."""
        named = self.resource_of(row)
        return named == Resource.of(file) or not named.resource

    def values_of(self, row: Any) -> dict[str, Any]:
        """Return owner, name, comment and time of the new file, as far as paths lead to them."""
        paths = {name: getattr(self.paths, name) for name in KINDS}
        found = {name: value_of(row, path) for name, path in paths.items() if path}
        values = {name: value for name, value in found.items() if value not in (None, "")}
        for name, value in values.items():
            kind = KINDS[name] or get_user_model()
            if not isinstance(value, kind):
                raise ColumnError(f"{paths[name]} of {row._meta.label} is no {kind.__name__}.")
        moment = values.get("created_at")
        if moment and settings.USE_TZ and is_naive(moment):
            values["created_at"] = make_aware(moment)
        return values

    def _organization(self, pk: Any) -> Any:
        if pk not in self._organizations:
            try:
                rows = all_rows(get_organization_model()).filter(pk=pk)
            except (TypeError, ValueError, ValidationError) as error:
                raise ColumnError(f"{pk!r} is no key of an organization.") from error
            self._organizations[pk] = rows.first()
        return self._organizations[pk]

    def _paths_of_labels(self) -> list[str]:
        """Return the paths by which attachments of the objects find their organization."""
        *_passed, model = [self.model, *models_along(self.model, self.paths.object)]
        if self.paths.organization or self.organization_pk is not None or model is None:
            return []
        labels = labels_along(model)
        if not labels:
            raise ColumnError(f"{model._meta.label} has no attachments: name the organization.")
        texts = [label.text for label in labels]
        if self.resource and self.resource not in texts:
            has = f"has no attachments {self.resource!r}, but {', '.join(texts)}"
            raise ColumnError(f"{model._meta.label} {has}.")
        found = [each.organization for each in labels if isinstance(each.organization, str)]
        return [".".join(filter(None, (self.paths.object, path))) for path in found]

    def _label(self, obj: Any) -> Label | None:
        """Return the attachments of ``obj`` that the files belong to, if it has any.

        Of several that is the one without a name, unless ``resource`` says which.
        """
        labels = [] if obj is None else labels_along(type(obj))
        if self.resource:
            labels = [label for label in labels if label.text == self.resource]
        elif len(labels) > 1:
            labels = [each for each in labels if each.text == each.model._meta.label_lower]
            if not labels:
                raise ColumnError(f"{obj._meta.label} has several attachments: name the resource.")
        return labels[0] if labels else None


def file_fields() -> list[FileField]:
    """Return the file fields of all models of the site, those without migrations included."""
    return [
        each
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy
        for each in model._meta.local_fields
        if isinstance(each, FileField)
    ]


def real_storage(storage: Storage) -> Storage:
    """Return the storage behind Django's ``default_storage``, or ``storage``."""
    return storages["default"] if isinstance(storage, DefaultStorage) else storage


def _field(model: Any, name: str, kind: type[Any]) -> Any:
    """Return a field of a model. Raises ``ColumnError`` if it is missing or of another kind."""
    try:
        found = model._meta.get_field(name)
    except FieldDoesNotExist as error:
        raise ColumnError(f"{model._meta.label} has no field {name!r}.") from error
    if not isinstance(found, kind):
        raise ColumnError(f"{found} is no {kind.__name__}.")
    return found
