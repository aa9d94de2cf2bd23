"""Files on the admin pages of a site's own models."""

from __future__ import annotations

from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.checks import InlineModelAdminChecks
from django.contrib.admin.options import InlineModelAdmin
from django.core.checks import Error
from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.forms.models import BaseModelFormSet, modelformset_factory
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.functional import classproperty

from org_files import get_file_model
from org_files.attachments.fields import StoredFileField, pending_files
from org_files.attachments.forms import StoredFileFormField
from org_files.attachments.pending import PendingFile
from org_files.attachments.widgets import AttachmentSource, StoredFileInput, media, values_of
from org_files.exceptions import OrgFilesError
from org_files.labels import labels_along

if TYPE_CHECKING:
    from org_files.attachments.changes import AttachmentChanges
    from org_files.models import AbstractFile

#: The most files in the trash that an inline offers to restore, the newest first.
MAX_TRASHED = 20

#: The attribute of a request with the objects that its user may change, and may not.
ANSWERS = "_org_files_may_change"


class AttachmentFormSet(BaseModelFormSet):  # type: ignore[type-arg]
    """The files of one object: those that are removed, those that are restored, and new ones."""

    #: Set by the inline.
    request: Any = None
    attribute = "attachments"

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        instance: Any = None,
        save_as_new: bool = False,
        prefix: str | None = None,
        queryset: Any = None,
        **options: Any,
    ) -> None:
        from org_files.attachments.choices import files_for_form

        self.instance = instance
        self.manager = getattr(instance, self.attribute)
        rows = files_for_form(self.manager, self.request.user)
        super().__init__(data, files, prefix=prefix, queryset=rows, **options)

    @classmethod
    def get_default_prefix(cls) -> str:
        return f"org-files-{cls.attribute}"

    @property
    def media(self) -> forms.Media:
        return super().media + media()

    @property
    def trashed(self) -> Any:
        """The files that can be restored, the newest first."""
        from org_files.attachments.choices import trashed_files

        files = trashed_files(self.manager, self.request.user)
        return files.order_by("-deleted_at", "-pk")[:MAX_TRASHED]

    @property
    def upload_name(self) -> str:
        """The name of the file input."""
        return f"{self.prefix}-upload"

    @cached_property
    def source(self) -> AttachmentSource:
        """The uploads and stored files that the form can add."""
        return AttachmentSource(
            user=self.request.user,
            obj=self.instance,
            attribute=self.attribute,
            name=str(self.prefix),
            search=self.data.get(f"{self.prefix}-search", ""),
            stored=values_of(self.data, f"{self.prefix}-stored"),
        )

    @property
    def changes(self) -> AttachmentChanges:
        """What the form has asked for."""
        from org_files.attachments.changes import AttachmentChanges

        data: Any = self.data
        uploads = self.files.getlist(self.upload_name) if self.files else []
        return AttachmentChanges(
            self.request.user,
            uploads,
            removed=[str(form.instance.public_id) for form in self.deleted_forms],
            restored=values_of(data, f"{self.prefix}-restore"),
            stored=values_of(data, f"{self.prefix}-stored"),
            search=data.get(f"{self.prefix}-search", ""),
        )

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        # Another person may have removed it meanwhile, which is no error.
        model: Any = self.model
        form.fields[model._meta.pk.name].required = False

    def clean(self) -> None:
        if errors := self.changes.errors(self.manager):
            raise ValidationError(errors)

    def has_changed(self) -> bool:
        return bool(self.changes)

    def save(self, commit: bool = True) -> list[AbstractFile]:
        """Move removed files to the trash, attach stored ones, and store uploads on commit."""
        self.new_objects: list[Any] = []
        self.changed_objects: list[Any] = []
        self.deleted_objects: list[Any] = []
        changes = self.changes
        self.deleted_objects = changes.remove(self.manager)
        for added in chain(changes.restore(self.manager), changes.link(self.manager)):
            if isinstance(added, OrgFilesError):
                messages.error(self.request, str(added.message))
            else:
                self.new_objects.append(added)
        # No bytes are written while the transaction of the page is open.
        using = router.db_for_write(type(self.instance))
        transaction.on_commit(partial(self._add, changes), using=using)
        return []

    def _add(self, changes: AttachmentChanges) -> None:
        for upload, added in zip(changes.uploads, changes.add(self.manager), strict=True):
            if isinstance(added, OrgFilesError):
                messages.error(self.request, f"{upload.name}: {added.message}")


class AttachmentInlineChecks(InlineModelAdminChecks):
    """Checks of inlines, with one of the ``Attachments`` in place of those of a foreign key."""

    def _check_relation(self, obj: Any, parent_model: Any) -> list[Any]:
        names = [label.attribute for label in labels_along(parent_model)]
        if obj.attribute in names:
            return []
        hint = f"attribute = {names[0]!r}" if names else "Attachments(...) on the model."
        message = f"{parent_model._meta.label} has no Attachments {obj.attribute!r}."
        return [Error(message, hint=hint, obj=type(obj), id="org_files.E042")]

    def _check_exclude_of_parent_model(self, obj: Any, parent_model: Any) -> list[Any]:
        return []


class AttachmentInline(InlineModelAdmin):  # type: ignore[type-arg]
    """The files of an object on its admin page, with pictures.

    ::

        class PhotoInline(AttachmentInline):
            attribute = "photos"

        class ProductAdmin(admin.ModelAdmin):
            inlines = [PhotoInline]

    Files are chosen, or dropped on the list, and attached when the page is saved: uploads, which
    the script of ``org_files.web`` sends before, and files that are stored already. Removed files
    are moved to the trash, and can be restored there. The policy decides who sees, adds and removes
    files; a user who may not change the object only sees them.
    """

    #: The name of the ``Attachments`` on the model.
    attribute = "attachments"
    template = "org_files/attachments/inline.html"
    checks_class = AttachmentInlineChecks
    formset: Any = AttachmentFormSet
    form = forms.ModelForm
    extra = 0

    @classproperty
    def model(cls) -> Any:  # noqa: N805
        """The file model of the site."""
        return get_file_model()

    def __init__(self, parent_model: Any, admin_site: Any) -> None:
        if self.verbose_name is self.verbose_name_plural is None:
            self.verbose_name_plural = self.attribute.replace("_", " ").capitalize()
        super().__init__(parent_model, admin_site)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        base = type(
            "AttachmentFormSet",
            (self.formset,),
            {"request": request, "attribute": self.attribute},
        )
        return modelformset_factory(
            self.model,
            form=self.form,
            formset=base,
            fields=(),
            extra=0,
            can_delete=self.has_delete_permission(request, obj),
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": []})]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return True
        from org_files.access import get_policy

        label = getattr(obj, self.attribute).label
        user: Any = request.user
        # The admin asks for each permission several times.
        answers = vars(request).setdefault(ANSWERS, {})
        key = (label.text, obj.pk)
        if key not in answers:
            answers[key] = get_policy().may_change_object(user, label.text, obj)
        return bool(answers[key])

    has_add_permission = has_delete_permission = has_change_permission


class StoredFilesAdmin:
    """Mixin of admin pages of models with a ``StoredFileField``: a chooser of files, and uploads.

    ::

        class ProductAdmin(StoredFilesAdmin, admin.ModelAdmin): ...
    """

    def formfield_for_foreignkey(self: Any, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the field of a column, for a stored file one that offers what the user sees."""
        others = (*self.raw_id_fields, *self.get_autocomplete_fields(request), *self.radio_fields)
        if isinstance(db_field, StoredFileField) and db_field.name not in others:
            # Other admins, such as django-unfold, have a select of their own.
            kwargs.setdefault("widget", StoredFileInput)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        if isinstance(field, StoredFileFormField):
            field.user = request.user
        return field

    def save_model(self: Any, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Save the object. Uploads for its columns are stored once the transaction is committed.

        Those of columns that are not nullable are stored before the row is.
        """
        later = {}
        for name, pending in list(pending_files(obj).items()):
            column = obj._meta.get_field(name)
            if column.null:
                later[column] = pending
                # The assignment forgets the upload.
                setattr(obj, name, None)
                setattr(obj, column.attname, form.initial.get(name))
        super().save_model(request, obj, form, change)  # type: ignore[misc]
        using = router.db_for_write(type(obj))
        for column, pending in later.items():
            store = partial(_store_for_column, request, obj, column, pending)
            transaction.on_commit(store, using=using)

    def changeform_view(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the page, with a message for an upload that was refused."""
        try:
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]
        except OrgFilesError as error:
            if request.method != "POST":
                raise
            messages.error(request, str(error.message))
            return HttpResponseRedirect(request.get_full_path())


def _store_for_column(request: Any, obj: Any, column: Any, pending: PendingFile) -> None:
    try:
        file = pending.store(obj)
    except OrgFilesError as error:
        messages.error(request, f"{pending.name}: {error.message}")
        return
    rows = type(obj)._base_manager.filter(pk=obj.pk)
    rows.update(**{column.attname: getattr(file, column.target_field.attname)})
