"""Base classes of the admin pages."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.widgets import url_params_from_lookup_dict
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from org_files import counters
from org_files.db.rows import conflicts, writing
from org_files.exceptions import Conflict, OrgFilesError
from org_files.http.encoding import only_utf_8
from org_files.models import Membership


class StrictMixin(admin.ModelAdmin):
    """Refuses texts that are not UTF-8, and filters that the page of a list does not use.

    Django lets the address filter by every column of the model, hidden ones included:
    ``?password__startswith=`` answers, letter by letter, what a page never shows.
    """

    #: Look-ups that links to the list use, beside those of its filters.
    linked_lookups: Sequence[str] = ()

    def get_urls(self) -> list[Any]:
        urls = super().get_urls()
        for url in urls:
            url.callback = only_utf_8(url.callback)
        return urls

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Return whether the address may filter by ``lookup``.

        Allowed are the parameters of ``list_filter`` and ``date_hierarchy``, ``linked_lookups``,
        and what a key of the site's with ``limit_choices_to`` opens the list with.
        """
        day = self.date_hierarchy
        filters: Any = self.get_list_filter(request)  # type: ignore[arg-type]
        keys: Any = self.model._meta.related_fkey_lookups
        limits = (limit() if callable(limit) else limit for limit in keys)
        return (
            lookup in self.linked_lookups
            or (day is not None and lookup in (f"{day}__year", f"{day}__month", f"{day}__day"))
            or any(lookup in self._parameters_of(item, request) for item in filters)
            or any((lookup, value) in url_params_from_lookup_dict(each).items() for each in limits)
        )

    def _parameters_of(self, item: Any, request: Any) -> Any:
        """Return the parameters of a list filter, made as Django's ``ChangeList`` makes it."""
        if isinstance(item, type) and issubclass(item, admin.SimpleListFilter):
            # Without an instance, whose choices may take a query.
            return [item.parameter_name]
        if callable(item):
            return item(request, {}, self.model, self).expected_parameters()
        path, make = (
            item if isinstance(item, (list, tuple)) else (item, admin.FieldListFilter.create)
        )
        field = get_fields_from_path(self.model, path)[-1]
        return make(field, request, {}, self.model, self, field_path=path).expected_parameters()


class ReadOnlyAdmin(StrictMixin):
    """Base of pages of rows that only services write: they can be read here and not changed."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_add_permission = has_delete_permission = has_change_permission


class ServicesMixin(StrictMixin):
    """Pages whose changes are made by services: what these refuse is a message, and undone."""

    #: Fields that are set when a row is created, and only shown afterwards.
    fixed_fields: Sequence[str] = ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = () if obj is None else self.fixed_fields
        return [*fixed, *super().get_readonly_fields(request, obj)]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset:
            self.delete_model(request, obj)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._unless_refused(super().changeform_view, request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._unless_refused(super().delete_view, request, *args, **kwargs)

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        # Like a form, an action changes all rows or none.
        act = writing(self.model)(super().response_action)
        return self._unless_refused(act, request, *args, **kwargs)

    def _unless_refused(
        self, view: Callable[..., Any], request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        try:
            # Around the transaction: some databases check references when it commits.
            with conflicts():
                response: HttpResponse = view(request, *args, **kwargs)
        except (OrgFilesError, Membership.DoesNotExist, self.model.DoesNotExist) as error:
            # A row that does not exist was there a moment ago.
            refused = error if isinstance(error, OrgFilesError) else Conflict()
            self.message_user(request, refused.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return response


class TotalsMixin(admin.ModelAdmin):
    """Shows download totals, pending ones included."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return counters.with_totals(super().get_queryset(request))

    @admin.display(description=_("downloads"), ordering="download_count")
    def download_count(self, obj: Any) -> int:
        return int(obj.download_count)

    @admin.display(description=_("last download"), ordering="last_downloaded_at")
    def last_downloaded_at(self, obj: Any) -> str | None:
        at = obj.last_downloaded_at
        return None if at is None else str(localize(localtime(at)))
