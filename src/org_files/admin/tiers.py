"""Admin pages of tiers and subscriptions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest

from org_files.admin.base import AnyModelForm, AnyTabularInline, ServicesMixin
from org_files.models import Subscription, Tier

#: Characters. No list of heights is longer; the JSON parser recurses without a limit.
MAX_TEXT = 300


class HeightsField(forms.JSONField):
    """A list of heights. What is too long or too deep for a parser is no list."""

    def to_python(self, value: Any) -> Any:
        """Return the list."""
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise forms.ValidationError(self.error_messages["invalid"], "invalid", {"value": "..."})
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what the form shows again."""
        if isinstance(data, str) and len(data) > MAX_TEXT:
            return InvalidJSONInput(data)
        return super().bound_data(data, initial)


class TierForm(AnyModelForm):
    """A tier."""

    class Meta:
        field_classes = {"heights": HeightsField}


class TierAdmin(ServicesMixin):
    """Tiers. What is changed holds from the next request on."""

    form = TierForm
    list_display = (
        "name",
        "heights",
        "allow_original",
        "allow_links",
        "allow_permanent_links",
        "max_file_size",
        "quota_bytes",
        "quota_files",
    )
    search_fields = ("name",)
    # Autocomplete needs an order for its pages.
    ordering = ("name", "pk")


class SubscriptionAdmin(ServicesMixin):
    """The tiers of organizations. The organization is set when a row is created."""

    list_display = ("organization", "tier")
    list_filter = ("tier",)
    list_select_related = ("organization", "tier")
    search_fields = ("organization__name",)
    ordering = ("organization",)
    raw_id_fields = ("organization",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return the fields that are not asked for: with another key it would be another row."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if obj is None else ("organization", *fields)


class SubscriptionInline(AnyTabularInline):
    """The tier of an organization, on its page."""

    model = Subscription
    verbose_name_plural = Tier._meta.verbose_name
