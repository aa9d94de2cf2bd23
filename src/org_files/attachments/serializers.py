"""Fields of stored files for the serializers of a site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers

from org_files.attachments.pending import PendingFile, chosen
from org_files.exceptions import InvalidField, NotAllowed, OrgFilesError
from org_files.ids import parse_public_id
from org_files.rest.errors import answer_to

if TYPE_CHECKING:
    from org_files.models import AbstractFile


class ShownField(serializers.Field[Any, Any, Any, Any]):
    """Base of fields that read the files of all objects of a list at once.

    Of a list that is nested in another serializer, the files of each object are read by themselves.
    """

    def get_attribute(self, instance: Any) -> Any:
        seen = self.__dict__.setdefault("_seen", {})
        if id(instance) not in seen:
            rows: Any = getattr(getattr(self.parent, "parent", None), "instance", None)
            objects = list(rows) if isinstance(rows, (list, tuple, QuerySet)) else []
            if not any(each is instance for each in objects):
                objects = [instance]
            # With the object, so that no other one gets its id.
            values = zip(objects, self.read(objects), strict=True)
            seen.update({id(obj): (obj, value) for obj, value in values})
        return seen[id(instance)][1]

    def read(self, objects: list[Any]) -> Iterable[Any]:
        """Return the value of each of ``objects``, with few queries for all."""
        raise NotImplementedError

    def visible(self) -> QuerySet[AbstractFile]:
        """Return the files that the requester may see, with what the short form shows."""
        from org_files.attachments.choices import visible_files
        from org_files.tiers import TIER

        return visible_files(self.context["request"].user).select_related("organization", TIER)


class StoredFileSerializerField(ShownField):
    """The file of a ``StoredFileField``.

    It is shown as a short form with URLs, to those who may see the file, and otherwise as null.
    Written is the id of a file that the user may see, also in the object that was read, or an
    upload, which is stored when the row is saved. Both meet ``limit_choices_to``. A chosen file has
    the organization of the object, if its model has ``Attachments``: that of a new object is known
    when it is saved, which raises DRF's ``ValidationError``.
    """

    default_error_messages = {"missing": _("There is no such file.")}

    def __init__(self, **options: Any) -> None:
        # The browsable API has no other form for what is read as an object.
        style = {"base_template": "input.html", "input_type": "file"}
        super().__init__(**{"style": style} | options)

    def to_internal_value(self, data: Any) -> Any:
        from org_files.attachments.choices import files_for_column

        user = self.context["request"].user
        model = getattr(getattr(self.parent, "Meta", None), "model", None)
        column = None if model is None else self._column_of(model)
        if hasattr(data, "read"):
            return self._pending(data, user, column)
        # A body that was read before is sent as it is.
        text = data.get("id") if isinstance(data, Mapping) else data
        public_id = parse_public_id(text) if isinstance(text, str) else None
        files = files_for_column(user, column, getattr(self.parent, "instance", None))
        file = None if public_id is None else files.filter(public_id=public_id).first()
        if file is None:
            self.fail("missing")
        return chosen(file, self._missing)

    def _missing(self) -> Exception:
        error = exceptions.ErrorDetail(str(self.error_messages["missing"]), code="missing")
        return exceptions.ValidationError({str(self.field_name): [error]})

    def _column_of(self, model: Any) -> Any:
        return model._meta.get_field(str(self.source))

    def _pending(self, upload: Any, user: Any, column: Any) -> PendingFile:
        """Return an upload that the column takes. Raises ``APIException``."""
        from org_files.rest.multipart import client_name

        try:
            pending = PendingFile(upload, user, client_name(upload), _as_answer, column)
            pending.refuse_other()
        except InvalidField as error:  # of this field
            raise exceptions.ValidationError(error.message, code="missing") from error
        except OrgFilesError as error:
            raise _as_answer(error) from error
        return pending

    def to_representation(self, value: Any) -> Any:
        from org_files.attachments.file_serializers import AttachedFileSerializer

        return AttachedFileSerializer(value, context=self.context).data

    def read(self, objects: list[Any]) -> Iterable[Any]:
        column = self._column_of(type(objects[0]))
        keys = [getattr(each, column.attname) for each in objects]
        files = {file.pk: file for file in self.visible().filter(pk__in={*keys} - {None})}
        return [files.get(key) for key in keys]


class AttachmentsSerializerField(ShownField):
    """The files of an object that the user may see, in short form; read-only.

    The files of all objects of a list are read in one query, and one more for a path of several
    steps to the organization; of a list in another serializer, those of each object.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> Any:
        from org_files.attachments.file_serializers import AttachedFileSerializer

        return AttachedFileSerializer(value, many=True, context=self.context).data

    def read(self, objects: list[Any]) -> Iterable[Any]:
        files = self.visible().order_by("created_at", "pk")
        lookup = Prefetch(str(self.source), files, to_attr="org_files_shown")
        prefetch_related_objects(objects, lookup)
        return [vars(each).pop("org_files_shown") for each in objects]


def _as_answer(error: OrgFilesError) -> Exception:
    return exceptions.PermissionDenied() if type(error) is NotAllowed else answer_to(error) or error
