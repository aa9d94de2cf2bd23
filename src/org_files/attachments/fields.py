"""The column that names one stored file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor

from org_files import conf

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.db.models import QuerySet

    from org_files.models import AbstractFile

#: What may become of a row when its file is removed for good.
ON_DELETE = (models.SET_NULL, models.PROTECT)


def live_files() -> Q:
    """Return the condition of files that a form may choose: not in the trash, not expired."""
    from org_files.models import live

    return live()


#: Options of the foreign key that migrations leave out.
DEFAULTS: dict[str, Any] = {"related_name": "+", "limit_choices_to": live_files}


#: The attribute of rows with uploads that were assigned, by the name of the field.
PENDING = "_org_files_pending"


def pending_files(instance: Any) -> dict[str, Any]:
    """Return the uploads that were assigned to columns of a row which is not saved yet."""
    return vars(instance).get(PENDING, {})  # type: ignore[no-any-return]


class StoredFileDescriptor(ForwardManyToOneDescriptor):  # type: ignore[type-arg]
    """The file of a column, ``None`` while it is in the trash or expired."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        file: Any = super().__get__(instance, cls)
        if instance is None or file is None:
            return file
        from org_files.models import is_live

        return file if is_live(file) else None

    def __set__(self, instance: Any, value: Any) -> None:
        from org_files.attachments.pending import PendingFile

        is_pending = isinstance(value, PendingFile)
        super().__set__(instance, None if is_pending else value)
        pending_files(instance).pop(self.field.name, None)
        if is_pending:
            vars(instance)[PENDING] = {**pending_files(instance), self.field.name: value}


class StoredFileField(models.ForeignKey):  # type: ignore[type-arg]
    """A foreign key to the site's file model.

    ``product.manual`` is the file, or ``None`` while it is in the trash or expired; the column
    ``product.manual_id`` keeps its key. When the file is removed for good, ``SET_NULL`` empties the
    column, and ``PROTECT`` refuses the removal.
    """

    forward_related_accessor_class = StoredFileDescriptor

    def __init__(self, on_delete: Callable[..., Any] = models.SET_NULL, **options: Any) -> None:
        """Take the options of a foreign key but ``to`` and ``to_field``.

        With ``SET_NULL`` the column is nullable and optional by default. There is no reverse
        relation unless ``related_name`` names one. ``limit_choices_to`` is by default the condition
        of files that are neither in the trash nor expired.
        """
        defaults = dict(DEFAULTS)
        if on_delete is models.SET_NULL:
            defaults |= {"null": True, "blank": True}
        super().__init__(conf.file_model_label(), on_delete, **defaults | options)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """Return what migrations write, without the label of the file model."""
        name, _path, args, options = super().deconstruct()
        options.pop("to", None)
        for option, default in DEFAULTS.items():
            if options.get(option) == default:
                del options[option]
        return name, "org_files.attachments.StoredFileField", args, options

    def clean(self, value: Any, model_instance: Any) -> Any:
        if model_instance is not None:
            self._refuse_foreign(model_instance)
        # An upload is there, although the column is still empty.
        is_pending = model_instance is not None and self.name in pending_files(model_instance)
        return value if is_pending else super().clean(value, model_instance)

    def validate(self, value: Any, model_instance: Any) -> None:
        try:
            super().validate(value, model_instance)
        except ValidationError:
            # A file that was moved to the trash meanwhile stays in the column.
            row = {"pk": model_instance.pk, self.attname: value}
            if not type(model_instance)._base_manager.filter(**row).exists():
                raise

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        """Store an upload that was assigned, and return the value of the column.

        Raises the error of a form or a serializer for a file of another organization than the row's
        that a user has chosen there.
        """
        pending = pending_files(model_instance).get(self.name)
        if pending is not None:
            # The assignment forgets the upload, which stays for another save if it is not stored.
            setattr(model_instance, self.name, pending.store(model_instance))
        self._refuse_foreign(model_instance, is_last=True)
        return super().pre_save(model_instance, add)

    def formfield(self, **options: Any) -> Any:
        """Return a form field that offers the files of a user, once it has one."""
        from org_files.attachments.forms import StoredFileFormField

        # Without a user, no file is offered but the present one.
        defaults: Any = {"form_class": StoredFileFormField, "column": self}
        return super().formfield(**defaults | options)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return [*super().check(**kwargs), *self._check_allowed()]

    def visible_files(self, user: AbstractBaseUser) -> QuerySet[AbstractFile]:
        """Return the files among which a form of ``user`` chooses: those that the policy shows."""
        from org_files.attachments.choices import visible_files

        return visible_files(user).complex_filter(self.get_limit_choices_to())

    def _refuse_foreign(self, instance: Any, **options: bool) -> None:
        """Raise an error if a user has chosen a file of another organization than the row's."""
        from org_files.attachments.pending import refuse_foreign

        file: Any = self.get_cached_value(instance, default=None)
        if file is not None:
            refuse_foreign(instance, file, **options)

    def _check_allowed(self) -> list[CheckMessage]:
        found = []
        if self.remote_field.on_delete not in ON_DELETE:
            message = (
                f"{self} has another on_delete than SET_NULL or PROTECT: removing a file must not "
                "delete rows of the site."
            )
            found.append((message, "on_delete=models.SET_NULL or models.PROTECT"))
        if "to_field" in self.deconstruct()[3]:
            message = f"{self} has to_field: a stored file is named by its primary key."
            found.append((message, "Leave to_field out."))
        return [Error(text, hint=hint, obj=self, id="org_files.E041") for text, hint in found]
