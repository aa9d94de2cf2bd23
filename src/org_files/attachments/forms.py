"""Form fields and widgets of stored files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceField, ModelChoiceIterator
from django.utils.translation import gettext_lazy as _

from org_files import get_file_model
from org_files.attachments.pending import (
    PendingFile,
    chosen,
    upload_organization,
)
from org_files.attachments.widgets import (
    MAX_CHOICES,
    AttachmentsInput,
    AttachmentSource,
    FileSource,
    Search,
    StoredFileInput,
    values_of,
)
from org_files.exceptions import OrgFilesError
from org_files.ids import parse_public_id

if TYPE_CHECKING:
    from org_files.attachments.changes import AttachmentChanges


class _Choices(ModelChoiceIterator):  # type: ignore[type-arg]
    """The newest files, or those that were looked for, with the present and the chosen one."""

    def __iter__(self) -> Iterator[Any]:
        from org_files.attachments.choices import found_by_name

        field: Any = self.field
        if field.empty_label is not None:
            yield ("", field.empty_label)
        offered = found_by_name(field.offered(), field.search)
        files = list(offered.order_by("-created_at", "-pk")[:MAX_CHOICES])
        for file in (field.named_file(field.posted), field.present_file()):
            if file is not None and file not in files:
                files.insert(0, file)
        for file in files:
            yield self.choice(file)

    def __len__(self) -> int:
        return sum(1 for _each in self)

    def __bool__(self) -> bool:
        return True


class StoredFileFormField(ModelChoiceField):  # type: ignore[type-arg]
    """One of the files that a user may see, or an upload.

    Its user is the attribute ``user``, or that of the form. Without one, nothing but the present
    file is offered and accepted. The files are those of the object's organization, if its model has
    ``Attachments``. A file is chosen by its primary key or its public id, or found by words of its
    name. An upload is stored when the object is saved.
    """

    widget = StoredFileInput
    iterator = _Choices
    _queryset: Any
    _set_queryset: Any

    def __init__(
        self, queryset: Any = None, *, column: Any = None, user: Any = None, **options: Any
    ) -> None:
        self.column = column
        self.user = user
        self.instance: Any = None
        self.present: Any = None
        #: The value of the select and the text of the search, in a form that was sent.
        self.posted: Any = None
        self.search = ""
        super().__init__(queryset, **options)

    @property
    def queryset(self) -> Any:
        """The files of the field, by default all; ``None`` before models are loaded."""
        if self._queryset is None and apps.models_ready:
            self._queryset = get_file_model()._default_manager.all()
        return self._queryset

    @queryset.setter
    def queryset(self, files: Any) -> None:
        self._set_queryset(files)

    def get_bound_field(self, form: Any, field_name: str) -> Any:
        self.user = self.user or getattr(form, "user", None)
        self.instance = getattr(form, "instance", None)
        self.present = form.get_initial_for_field(self, field_name)
        bound = super().get_bound_field(form, field_name)
        # The admin wraps the widget.
        widget: Any = getattr(self.widget, "widget", self.widget)
        if form.is_bound and not self.disabled:
            value = widget.value_from_datadict(form.data, form.files, bound.html_name)
            self.search = value if isinstance(value, Search) else ""
            self.posted = form.data.get(bound.html_name)
        widget.source = FileSource(user=self.user, obj=self.instance)
        widget.search = self.search
        return bound

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Search):  # which is shown beside the select
            value = self.posted
        file = self.named_file(value) if isinstance(value, str) else None
        return super().prepare_value(value if file is None else file)

    def named_file(self, value: Any) -> Any:
        """Return the file that may be chosen by a public id or a key, or ``None``."""
        text = str(getattr(value, "pk", value))
        public_id = parse_public_id(text)
        found = None
        if public_id is not None:
            found = self.offered().filter(public_id=public_id).first()
        if found is None and value not in self.empty_values:
            with suppress(TypeError, ValueError, OverflowError, ValidationError):
                found = self.offered().filter(pk=text).first()
        return found

    def offered(self) -> Any:
        """Return the files that may be chosen."""
        from org_files.attachments.choices import files_for_column

        return files_for_column(self.user, self.column, self.instance)

    def present_file(self) -> Any:
        """Return the file that the column names now, or ``None``.

        It may be in the trash, or one that the user does not see: an untouched field keeps it.
        """
        key, obj = getattr(self.present, "pk", self.present), self.instance
        # The initial value of a new object may be that of a query string.
        is_new = obj is not None and obj._state.adding
        files = self.offered() if is_new else get_file_model()._base_manager.all()
        with suppress(TypeError, ValueError, OverflowError, ValidationError):
            return None if key in self.empty_values else files.filter(pk=key).first()
        return None

    def label_from_instance(self, obj: Any) -> str:
        """Return the name of a file, or in place of it why the user does not see it."""
        from org_files.attachments.choices import visible_files

        present = str(getattr(self.present, "pk", self.present))
        if str(obj.pk) != present or visible_files(self.user).filter(pk=obj.pk).exists():
            return super().label_from_instance(obj)
        unseen = _("A file in the trash") if obj.deleted_at else _("A file that you do not see")
        return str(unseen)

    def clean(self, value: Any) -> Any:
        if hasattr(value, "read"):
            return self._pending(value)
        return super().clean(value)

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        present = self.present_file()
        if present is not None and str(getattr(value, "pk", value)) == str(present.pk):
            return present
        file = self._found(value) if isinstance(value, Search) else self.named_file(value)
        if file is None:
            raise self._invalid(value)
        return chosen(file, partial(self._invalid, value))

    def _found(self, text: str) -> Any:
        from org_files.attachments.choices import only_file

        try:
            return only_file(self.offered(), text)
        except OrgFilesError as error:
            raise ValidationError(str(error.message), code=error.code) from error

    def _invalid(self, value: Any) -> ValidationError:
        message = self.error_messages["invalid_choice"]
        return ValidationError(message, code="invalid_choice", params={"value": value})

    def _pending(self, upload: Any) -> PendingFile:
        """Return an upload that the user may store. Raises ``ValidationError``."""
        from org_files.attachments.changes import refuse_upload
        from org_files.files.attaching import Resource

        if not getattr(self.user, "is_authenticated", False):
            raise ValidationError(_("Log in to upload files."), code="not_authenticated")
        obj = self.instance
        try:
            is_known = obj is not None and not obj._state.adding
            organization = upload_organization(obj, self.user) if is_known else None
            refuse_upload(upload, resource=Resource("", ""), organization=organization)
            pending = PendingFile(upload, self.user, str(upload.name or ""), column=self.column)
            pending.refuse_other()
        except OrgFilesError as error:
            raise ValidationError(str(error.message), code=error.code) from error
        return pending


class AttachmentsFormField(forms.Field):
    """The files of an object, in a form with ``AttachmentsForm``, under the name of its
    ``Attachments``."""

    widget = AttachmentsInput

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False} | options)

    def get_bound_field(self, form: Any, field_name: str) -> Any:
        from org_files.attachments.choices import files_for_form

        self.user, self.manager = form.user, getattr(form.instance, field_name)
        self.initial = files_for_form(self.manager, self.user)
        bound = super().get_bound_field(form, field_name)
        name, data = bound.html_name, form.data
        self.widget.source = AttachmentSource(
            user=self.user,
            obj=form.instance,
            attribute=field_name,
            name=name,
            search=data.get(f"{name}-search", ""),
            stored=values_of(data, f"{name}-stored"),
        )
        return bound

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(not self.disabled and data and any(data.values()))

    def clean(self, value: Any) -> AttachmentChanges:
        from org_files.attachments.changes import AttachmentChanges

        # Of a disabled field Django passes the initial value.
        changes = AttachmentChanges(self.user, **({} if self.disabled else value))
        errors = changes.errors(self.manager)
        if self.required and not self.disabled and not changes.leaves_files(self.manager):
            errors.append(str(self.error_messages["required"]))
        if errors:
            raise ValidationError(errors)
        return changes


class AttachmentsForm:
    """Mixin of model forms with fields of stored files: takes the ``user`` who sends the form.

    ::

        class ProductForm(AttachmentsForm, forms.ModelForm):
            photos = AttachmentsFormField()

        form = ProductForm(request.POST, request.FILES, instance=product, user=request.user)

    ``save()`` stores uploads and attaches files after the object, and removes others last. It
    raises the first error that is known only then: ``QuotaExceeded`` for an upload whose space the
    one before it has taken, ``ResourceNotYours`` for a new object that the user may not change, or
    an error of the store. The object and the files before the error stay then, and so do removed
    files, as far as the object has room for them.
    """

    def __init__(self, *args: Any, user: Any = None, **options: Any) -> None:
        self.user = user
        super().__init__(*args, **options)

    def _post_clean(self: Any) -> None:
        super()._post_clean()  # type: ignore[misc]
        # The organization of a new object is known now, unless code of the site sets it later.
        if self.instance._state.adding and not self.errors:
            for name, changes, manager in self._changes():
                try:
                    changes.require_place(manager)
                except OrgFilesError as error:
                    self.add_error(name, ValidationError(str(error.message), code=error.code))

    def _save_m2m(self: Any) -> None:
        super()._save_m2m()  # type: ignore[misc]
        for _name, changes, manager in self._changes():
            changes.save(manager)

    def _changes(self: Any) -> list[tuple[str, AttachmentChanges, Any]]:
        return [
            (name, self.cleaned_data[name], getattr(self.instance, name))
            for name, field in self.fields.items()
            if isinstance(field, AttachmentsFormField)
        ]
