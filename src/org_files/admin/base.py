"""What the pages share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin, ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from org_files import counters
from org_files.exceptions import Conflict, OrgFilesError
from org_files.models import Membership
from org_files.rows import conflicts, writing

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

__all__ = [
    "AnyBaseAdmin",
    "AnyFormSet",
    "AnyModelAdmin",
    "AnyModelForm",
    "AnyTabularInline",
    "ServicesMixin",
    "TotalsMixin",
]


class ServicesMixin(AnyModelAdmin):
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
