"""Admin pages of organizations: their members, tiers and subscriptions."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import CharField, JSONField, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from org_files import get_file_model
from org_files.admin.base import ServicesMixin, TotalsMixin
from org_files.db.rows import writing
from org_files.exceptions import LastAdmin, OrganizationNotEmpty
from org_files.models import Membership, Role, Subscription, Tier
from org_files.organizations import (
    add_member,
    change_role,
    delete_organization,
    keep_admins,
    remove_member,
)

#: As many memberships are shown in line. Django takes 1000 values of a form, and each has several.
MAX_IN_LINE = 100

#: Characters of a list of heights. No valid list is longer.
MAX_TEXT = 300

ENDS = ("user", "organization")


class SearchMixin(BaseModelAdmin):
    """Asks for users and organizations by search, where the site's pages of these have one."""

    raw_id_fields = ENDS

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Return the fields whose pages can be searched by who asks; the others take an id."""
        pages: Any = self.admin_site._registry
        found = {name: pages.get(Membership._meta.get_field(name).related_model) for name in ENDS}
        return [
            name
            for name, page in found.items()
            if page and page.get_search_fields(request) and page.has_view_permission(request)
        ]


class MembershipForm(forms.ModelForm):
    """One membership: its organization keeps an admin."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk is not None and cleaned.get("role", Role.ADMIN) != Role.ADMIN:
            _keep_admins([self.instance])
        return cleaned


class InlineMembershipForm(forms.ModelForm):
    """A membership among others, which their formset looks at together."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            return
        for name in self.fields.keys() & {*ENDS}:
            # Shown as text: a choice would take a query for each row.
            self.fields[name] = forms.Field(label=self.fields[name].label, disabled=True)
            self.initial[name] = getattr(self.instance, name)


class MembershipFormSet(forms.BaseInlineFormSet):
    """Memberships of one organization, or of one user, changed by the services."""

    @classmethod
    def get_default_prefix(cls) -> str:
        """Return a prefix: the relation, which has no name, gives none."""
        return "memberships"

    def clean(self) -> None:
        """Leave each organization an admin; another one than before will do."""
        super().clean()
        if any(self.errors):
            return
        gone, come = [], set()
        for form in self.forms:
            membership: Membership = form.instance
            is_deleted = form in self.deleted_forms
            if not form.has_changed() and not is_deleted:
                continue
            if membership.role == Role.ADMIN and not is_deleted:
                come.add(membership.organization_id)
            elif membership.pk is not None:
                gone.append(membership)
        _keep_admins(row for row in gone if row.organization_id not in come)

    def save(self, commit: bool = True) -> list[Any]:
        """Add, change and remove members, in an order in which there always is an admin."""
        saved = super().save(commit=False)
        if not commit:
            return saved
        self.new_objects = [
            add_member(organization=row.organization, user=row.user, role=row.role)
            for row in self.new_objects
        ]
        changed = [row for row, _fields in self.changed_objects]
        for row in sorted(changed, key=lambda row: row.role != Role.ADMIN):
            change_role(membership=row, role=row.role)
        for row in self.deleted_objects:
            remove_member(membership=row)
        return [*self.new_objects, *changed]


class MembershipInline(SearchMixin, admin.TabularInline):
    """The members of an organization."""

    model = Membership
    fk_name = "organization"
    fields = ("user", "role")
    form = InlineMembershipForm
    formset = MembershipFormSet
    extra = 0
    verbose_name_plural = _("members")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related(*ENDS).order_by("created_at", "pk")


class UserMembershipInline(MembershipInline):
    """The organizations that a user belongs to."""

    fk_name = "user"
    fields = ("organization", "role")
    verbose_name_plural = _("memberships")


class MembershipsMixin(admin.ModelAdmin):
    """Pages of what has memberships: in line as long as a form can hold them, and by a link."""

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        inlines = super().get_inlines(request, obj)
        if obj is None or _memberships_of(obj)[1][: MAX_IN_LINE + 1].count() <= MAX_IN_LINE:
            return inlines
        return [inline for inline in inlines if not issubclass(inline, MembershipInline)]

    @admin.display(description=_("memberships"))
    def memberships(self, obj: Any) -> str:
        """Return how many there are, as a link to them all."""
        if obj.pk is None or obj._state.adding:
            return self.get_empty_value_display()
        name, rows = _memberships_of(obj)
        count = rows.count()
        text = ngettext("%(count)d membership", "%(count)d memberships", count) % {"count": count}
        try:
            url = reverse(
                "admin:org_files_membership_changelist",
                query={f"{name}__exact": obj.pk},
                current_app=self.admin_site.name,
            )
        except NoReverseMatch:  # not among the pages of this site
            return text
        return format_html('<a href="{}">{}</a>', url, text)


@admin.register(Membership)
class MembershipAdmin(SearchMixin, ServicesMixin):
    """Memberships. User and organization are set when one is created; the role may change."""

    form = MembershipForm
    list_display = ("user", "organization", "role", "created_at")
    list_filter = ("role", "created_at")
    # Of the links on the pages of users and organizations.
    linked_lookups = tuple(f"{end}__exact" for end in ENDS)
    list_select_related = fixed_fields = ENDS
    fields = ("user", "organization", "role", "created_at")
    readonly_fields = ("created_at",)

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Return the name of the organization, and what users are called by."""
        model: Any = get_user_model()
        texts = {field.name for field in model._meta.fields if isinstance(field, CharField)}
        names = (model.USERNAME_FIELD, model.get_email_field_name(), "first_name", "last_name")
        users = [f"user__{name}" for name in dict.fromkeys(names) if name in texts]
        return ["organization__name", *users]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            change_role(membership=obj, role=obj.role)
        else:
            added = add_member(organization=obj.organization, user=obj.user, role=obj.role)
            obj.__dict__.update(added.__dict__)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        remove_member(membership=obj)


class HeightsDecoder(json.JSONDecoder):
    """Refuses long texts: the parser recurses without a limit."""

    def decode(self, s: str, *args: Any) -> Any:
        if len(s) > MAX_TEXT:
            raise json.JSONDecodeError("Too long", "", 0)
        return super().decode(s, *args)


@admin.register(Tier)
class TierAdmin(ServicesMixin):
    """Tiers. What is changed holds from the next request on."""

    formfield_overrides = {JSONField: {"decoder": HeightsDecoder}}
    list_display = (
        *("name", "heights", "allow_original", "allow_links", "allow_permanent_links"),
        *("max_file_size", "quota_bytes", "quota_files"),
    )
    search_fields = ("name",)
    # Autocomplete needs an order for its pages.
    ordering = ("name", "pk")


@admin.register(Subscription)
class SubscriptionAdmin(ServicesMixin):
    """The tiers of organizations. The organization is set when a row is created."""

    list_display = list_select_related = ("organization", "tier")
    list_filter = ("tier",)
    search_fields = ("organization__name",)
    ordering = ("organization",)
    raw_id_fields = ("organization",)
    # With another key it would be another row.
    fixed_fields = ("organization",)


class SubscriptionInline(admin.TabularInline):
    """The tier of an organization, on its page."""

    model = Subscription
    verbose_name_plural = Tier._meta.verbose_name


class OrganizationAdmin(ServicesMixin, TotalsMixin, MembershipsMixin):
    """Organizations with their members."""

    list_display = ("name", "download_count", "last_downloaded_at", "created_at")
    search_fields = ("name", "description")
    # Autocomplete needs an order for its pages.
    ordering = ("name", "pk")
    readonly_fields = ("memberships", "download_count", "last_downloaded_at", "created_at")
    inlines = (SubscriptionInline, MembershipInline)

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[Any, Any, set[Any], list[Any]]:
        """Return what goes with ``objs``, or those that hold files, which are not read for it."""
        files = get_file_model()._base_manager.all()
        holding = [obj for obj in objs if files.filter(organization=obj.pk).exists()]
        if holding:
            return [], {}, set(), [f"{obj}: {OrganizationNotEmpty().message}" for obj in holding]
        return super().get_deleted_objects(objs, request)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_organization(organization=obj)


def _keep_admins(leaving: Iterable[Membership]) -> None:
    """Raise ``ValidationError`` if an organization had no admin left without ``leaving``."""
    try:
        with writing(Membership):
            keep_admins([*leaving])
    except LastAdmin as error:
        raise forms.ValidationError(error.message, code=error.code) from error


def _memberships_of(obj: Any) -> tuple[str, QuerySet[Membership]]:
    name = "user" if isinstance(obj, AbstractBaseUser) else "organization"
    return name, Membership.objects.filter(**{name: obj.pk})
