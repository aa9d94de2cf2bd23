"""Serializers of attached files, and fields of stored files for the serializers of a site."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers

from org_files.attachments.choices import visible_files
from org_files.attachments.pending import PendingFile, chosen, organization_of_object
from org_files.exceptions import NotAllowed, OrgFilesError
from org_files.ids import parse_public_id
from org_files.models import AbstractFile
from org_files.rest.errors import answer_to
from org_files.rest.multipart import client_name
from org_files.rest.serializers import FileSerializer, FileUploadSerializer
from org_files.tiers import TIER


class AttachedFileSerializer(FileSerializer):
    """A short form of a file."""

    class Meta(FileSerializer.Meta):
        fields = [
            *("id", "name", "size", "content_type", "is_picture"),
            *("content_url", "renditions"),
        ]
        read_only_fields = fields


class AttachmentUploadSerializer(FileUploadSerializer):
    """A new file of an object."""

    def get_fields(self) -> dict[str, Any]:
        left_out = ("organization", "resource", "resource_id")
        return {k: v for k, v in super().get_fields().items() if k not in left_out}


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
        return visible_files(self.context["request"].user).select_related("organization", TIER)


class StoredFileSerializerField(ShownField):
    """The file of a ``StoredFileField``.

    It is shown as a short form with URLs, to those who may see the file, and otherwise as null.
    Written is the id of a file that the user may see, or an upload, which is stored when the row is
    saved. A chosen file has the organization of the object, if its model has ``Attachments``: that
    of a new object is known when it is saved, which raises DRF's ``ValidationError``.
    """

    default_error_messages = {"missing": _("There is no such file.")}

    def to_internal_value(self, data: Any) -> Any:
        user = self.context["request"].user
        if hasattr(data, "read"):
            return PendingFile(data, user, self._name_of(data), _as_answer)
        public_id = parse_public_id(data) if isinstance(data, str) else None
        files: Any = visible_files(user)
        model = getattr(getattr(self.parent, "Meta", None), "model", None)
        if model is not None:
            files = files.complex_filter(self._column_of(model).get_limit_choices_to())
        obj = getattr(self.parent, "instance", None)
        if obj is not None and (organization := organization_of_object(obj)) is not None:
            files = files.filter(organization=organization)
        file = None if public_id is None else files.filter(public_id=public_id).first()
        if file is None:
            self.fail("missing")
        return chosen(file, self._missing)

    def _missing(self) -> Exception:
        error = exceptions.ErrorDetail(str(self.error_messages["missing"]), code="missing")
        return exceptions.ValidationError({str(self.field_name): [error]})

    def _column_of(self, model: Any) -> Any:
        return model._meta.get_field(str(self.source))

    def _name_of(self, upload: Any) -> str:
        try:
            return client_name(upload)
        except OrgFilesError as error:
            raise _as_answer(error) from error

    def to_representation(self, value: Any) -> Any:
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
        return AttachedFileSerializer(value, many=True, context=self.context).data

    def read(self, objects: list[Any]) -> Iterable[Any]:
        files = self.visible().order_by("created_at", "pk")
        lookup = Prefetch(str(self.source), files, to_attr="org_files_shown")
        prefetch_related_objects(objects, lookup)
        return [vars(each).pop("org_files_shown") for each in objects]


def _as_answer(error: OrgFilesError) -> Exception:
    return exceptions.PermissionDenied() if type(error) is NotAllowed else answer_to(error) or error
