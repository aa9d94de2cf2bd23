"""Base classes of the admin pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.filters import FieldListFilter, SimpleListFilter
from django.contrib.admin.options import BaseModelAdmin, ModelAdmin
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.widgets import url_params_from_lookup_dict
from django.db.models import Field, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from org_files import counters
from org_files.db.rows import conflicts, writing
from org_files.exceptions import Conflict, OrgFilesError
from org_files.models import Membership

if TYPE_CHECKING:
    AnyBaseAdmin = BaseModelAdmin[Any]
    AnyFormSet = forms.BaseInlineFormSet[Any, Any, Any]
    AnyModelAdmin = ModelAdmin[Any]
    AnyTabularInline = admin.TabularInline[Any, Any]
    AnyModelForm = forms.ModelForm[Any]
else:  # Django's own classes take no parameters
    AnyFormSet, AnyModelForm = forms.BaseInlineFormSet, forms.ModelForm
    AnyBaseAdmin, AnyModelAdmin = BaseModelAdmin, ModelAdmin
    AnyTabularInline = admin.TabularInline


class AllowedLookupsMixin(AnyModelAdmin):
    """Refuses filters in the address of a list that the page itself does not use.

    Django lets the address filter by every column of the model, hidden ones included:
    ``?password__startswith=`` answers, letter by letter, what a page never shows.
    """

    #: Look-ups that links to the list use, beside those of its filters.
    linked_lookups: Sequence[str] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Return whether the address may filter by ``lookup``.

        Allowed are the parameters of ``list_filter`` and ``date_hierarchy``, ``linked_lookups``,
        and what a key of the site's with ``limit_choices_to`` opens the list with.
        """
        return (
            lookup in self.linked_lookups
            or lookup in self._lookups_of_hierarchy()
            or any(lookup in names for names in self._lookups_of_filters(request))
            or self._limits_choices(lookup, value)
        )

    def _lookups_of_hierarchy(self) -> list[str]:
        field = self.date_hierarchy
        return [f"{field}__{part}" for part in ("year", "month", "day")] if field else []

    def _lookups_of_filters(self, request: Any) -> Iterator[list[str]]:
        """Yield the parameters of each list filter."""
        for item in self.get_list_filter(request):
            if isinstance(item, type) and issubclass(item, SimpleListFilter):
                # Without an instance, whose choices may take a query.
                yield [str(item.parameter_name)]
            elif callable(item):
                made: Any = item(request, {}, self.model, self)
                yield [str(name) for name in made.expected_parameters()]
            else:
                yield self._lookups_of_field(request, item)

    def _lookups_of_field(self, request: Any, item: Any) -> list[str]:
        path, filter_class = item if isinstance(item, (list, tuple)) else (item, None)
        field = path if isinstance(path, Field) else get_fields_from_path(self.model, path)[-1]
        make: Any = filter_class or FieldListFilter.create
        made = make(
            field, request, {}, self.model, self, field_path=None if path is field else path
        )
        return [str(name) for name in made.expected_parameters()]

    def _limits_choices(self, lookup: str, value: str) -> bool:
        """Return whether a key to this model has this very ``limit_choices_to``."""
        keys: Any = self.model._meta.related_fkey_lookups
        limits = (limit() if callable(limit) else limit for limit in keys)
        return any((lookup, value) in url_params_from_lookup_dict(each).items() for each in limits)


class ServicesMixin(AllowedLookupsMixin):
    """Pages whose changes are made by services: what these refuse is a message, and undone."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer with the form, or with why it could not be saved."""
        return self._unless_refused(
            request, lambda: super(ServicesMixin, self).changeform_view(request, *args, **kwargs)
        )

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer with the question, or with why the row could not be deleted."""
        return self._unless_refused(
            request, lambda: super(ServicesMixin, self).delete_view(request, *args, **kwargs)
        )

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Do an action with all rows or with none, as forms are saved."""

        def act() -> Any:
            with writing(self.model):
                return super(ServicesMixin, self).response_action(request, *args, **kwargs)

        return self._unless_refused(request, act)

    def _unless_refused(self, request: HttpRequest, view: Callable[[], Any]) -> HttpResponse:
        refused: OrgFilesError
        try:
            # Around the transaction: some databases check references when it commits.
            with conflicts():
                response: HttpResponse = view()
        except OrgFilesError as error:
            refused = error
        except (Membership.DoesNotExist, self.model.DoesNotExist):  # there a moment ago
            refused = Conflict()
        else:
            return response
        self.message_user(request, refused.message, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())


class TotalsMixin(AnyModelAdmin):
    """Shows download totals, pending ones included."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows with their totals."""
        return counters.with_totals(super().get_queryset(request))

    @admin.display(description=_("downloads"), ordering="download_count")
    def download_count(self, obj: Any) -> int:
        """Return the number of downloads."""
        return int(obj.download_count)

    @admin.display(description=_("last download"), ordering="last_downloaded_at")
    def last_downloaded_at(self, obj: Any) -> str | None:
        """Return the moment of the last download, in the site's zone and form."""
        at = obj.last_downloaded_at
        return None if at is None else str(localize(localtime(at)))
