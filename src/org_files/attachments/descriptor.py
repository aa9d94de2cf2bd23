"""The descriptor by which the objects of a model have files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, overload

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models.signals import class_prepared

from org_files import get_organization_model
from org_files.labels import Label, OnDelete, labels_along, register

if TYPE_CHECKING:
    from django.db.models import Model

    from org_files.attachments.related import AttachedFiles


class Attachments:
    """Any number of files of each object of a model, without a column of it.

    ::

        class Product(models.Model):
            shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
            attachments = Attachments("shop.company")

        product.attachments.add(request.FILES["file"], by=request.user)
        Product.objects.prefetch_related("attachments")

    A file is attached by its columns ``resource``, the label of the model in lower case, and
    ``resource_id``, the key of the object. Only files of the object's organization are attached.
    The limits hold for uploads and changes by the API, too.
    """

    def __init__(
        self,
        organization: str | Callable[[Any], Any],
        *,
        name: str = "",
        allowed_types: Sequence[str] | None = None,
        max_file_size: int | None = None,
        max_files: int | None = None,
        on_delete: OnDelete = OnDelete.TRASH,
    ) -> None:
        """Describe the attachments of a model.

        ``organization`` is the path of foreign keys from an object to its organization, such as
        ``"company"`` or ``"shop.company"``, or a callable that takes the object and returns the
        organization or its key. Prefer a path: lists follow it for all objects at once, and call a
        callable for each object, with the queries that it makes. ``name`` tells apart several
        ``Attachments`` of one model: ``photos`` makes the label ``shop.product.photos``.
        ``allowed_types`` are content types as in ``ALLOWED_TYPES``, ``max_file_size`` is in bytes,
        and ``max_files`` the number of files of one object that are neither in the trash nor
        expired. ``on_delete`` says what becomes of the files when their object is deleted.
        """
        self.organization = organization
        self.name = name
        self.allowed_types = _as_tuple(allowed_types)
        self.max_file_size = max_file_size
        self.max_files = max_files
        self.on_delete = OnDelete(on_delete)
        #: The name of the attribute on the model.
        self.attribute = ""

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.attribute = name

    def contribute_to_class(self, cls: type[Model], name: str) -> None:
        """Become an attribute of a model. Django calls this, also by ``Model.add_to_class``."""
        self.attribute = name
        setattr(cls, name, self)
        self.register(cls)

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Attachments: ...

    @overload
    def __get__(self, instance: Model, owner: type[Any] | None = None) -> AttachedFiles: ...

    def __get__(self, instance: Model | None, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        from org_files.attachments.related import related_files

        return related_files(self.label_of(type(instance)), instance)

    def label_of(self, model: type[Model]) -> Label:
        """Return the label of a model that has these attachments. Raises ``LookupError``."""
        for label in labels_along(model):
            if label.attribute == self.attribute:
                return label
        raise LookupError(f"{model._meta.label} has no attachments {self.attribute!r}.")

    def call(self, obj: Model) -> Any:
        """Return what the callable for the organization returns for ``obj``.

        Raises ``TypeError`` if that is no organization, no key of one, and not ``None``.
        """
        organization: Any = self.organization
        name = f"{type(obj)._meta.label}.{self.attribute}"
        try:
            found = organization(obj)
        except Exception as error:
            error.add_note(f"The organization of {name} was asked for.")
            raise
        model: Any = get_organization_model()
        if found is None or isinstance(found, model):
            return found
        try:
            return model._meta.pk.to_python(found)
        except (TypeError, ValueError, ValidationError) as error:
            raise TypeError(
                f"{name}: its organization is {found!r}, which is no {model._meta.label}, no key "
                "of one, and not None."
            ) from error

    def register(self, model: type[Model]) -> None:
        """Register the label of a model with a table of its own that has these attachments.

        A child of such a model has the label of its parent.
        """
        opts = model._meta
        if opts.abstract or opts.proxy or opts.swapped or opts.apps is not apps:
            return
        if any(getattr(parent, self.attribute, None) is self for parent in _concrete_bases(model)):
            return
        register(
            Label(
                text=opts.label_lower if self.name == "" else f"{opts.label_lower}.{self.name}",
                name=self.name,
                model=model,
                attribute=self.attribute,
                organization=self.call if callable(self.organization) else self.organization,
                on_delete=self.on_delete,
                allowed_types=self.allowed_types,
                max_file_size=self.max_file_size,
                max_files=self.max_files,
            )
        )


def _as_tuple(types: Any) -> Any:
    """Return a sequence as a tuple, and any other value as it is, for the checks to report."""
    return tuple(types) if isinstance(types, (list, tuple, set, frozenset)) else types


def _concrete_bases(model: type[Model]) -> list[type[Any]]:
    bases = (each for each in model.__mro__[1:] if hasattr(each, "_meta"))
    return [each for each in bases if not each._meta.abstract]


def register_inherited(sender: type[Model], **kwargs: Any) -> None:
    """Register the labels of a new model, also by attachments of its abstract bases."""
    for cls in sender.__mro__:
        for name, value in vars(cls).items():
            if isinstance(value, Attachments) and getattr(sender, name) is value:
                value.register(sender)


class_prepared.connect(register_inherited, dispatch_uid="org_files.attachments")
