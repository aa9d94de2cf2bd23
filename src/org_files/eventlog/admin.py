"""The event log in the admin, read-only."""

from collections.abc import Collection
from typing import Any, get_args

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from org_files.admin import ReadOnlyAdmin
from org_files.eventlog.models import LogEntry
from org_files.events import EVENTS, Outcome


class _ValuesFilter(admin.SimpleListFilter):
    """A filter by known values: Django's would read the whole table to find them."""

    values: Collection[str] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, value) for value in self.values]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{str(self.parameter_name): value}) if value else queryset


class EventFilter(_ValuesFilter):
    title = _("event")
    parameter_name = "event"
    values = EVENTS


class OutcomeFilter(_ValuesFilter):
    title = _("outcome")
    parameter_name = "outcome"
    values = get_args(Outcome)


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    list_display = (
        *("created_at", "level", "event", "outcome", "actor", "object_type", "object_id"),
        *("organization", "address", "message"),
    )
    list_filter = (EventFilter, "level", OutcomeFilter, "created_at")
    # Whole values: searching for parts of them is slow in a large table.
    search_fields = ("=actor", "=object_id", "=organization", "=address", "=request_id")
    search_help_text = _("Login name or id of who acted; id of a file or an organization; address.")
    ordering = ("-created_at", "-pk")
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found, has_duplicates = super().get_search_results(request, queryset, search_term)
        if search_term:
            # Also the entries of the user who has this login name.
            model: Any = get_user_model()
            named = {f"{model.USERNAME_FIELD}__iexact": search_term.strip()}
            users = model._default_manager.filter(**named).values_list("pk", flat=True)
            found |= queryset.filter(actor__in=[str(pk) for pk in users])
        return found, has_duplicates
