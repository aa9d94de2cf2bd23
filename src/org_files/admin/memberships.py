"""Admin page of memberships, and inlines for the pages of organizations and users."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import FieldDoesNotExist
from django.db.models import CharField, Model, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from org_files.admin.base import (
    AnyBaseAdmin,
    AnyFormSet,
    AnyModelAdmin,
    AnyModelForm,
    AnyTabularInline,
    ServicesMixin,
)
from org_files.db.rows import writing
from org_files.exceptions import LastAdmin
from org_files.models import Membership, Role
from org_files.organizations import add_member, change_role, keep_admins, remove_member

#: As many memberships are shown in line. Django takes 1000 values of a form, and each has several.
MAX_IN_LINE = 100

ENDS = ("user", "organization")


class SearchMixin(AnyBaseAdmin):
    """Asks for users and organizations by search, where the site's pages of these have one."""

    raw_id_fields = ENDS

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Return the fields whose pages can be searched by who asks; the others take an id."""
        return [name for name in ENDS if self._can_be_searched(name, request)]

    def _can_be_searched(self, name: str, request: HttpRequest) -> bool:
        model: Any = Membership._meta.get_field(name).related_model
        page = self.admin_site._registry.get(model)
        return (
            page is not None
            and bool(page.get_search_fields(request))
            and page.has_view_permission(request)
        )


class MembershipForm(AnyModelForm):
    """One membership."""

    def clean(self) -> dict[str, Any]:
        """Leave the organization an admin."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk is not None and "role" in cleaned and cleaned["role"] != Role.ADMIN:
            _keep_admins([self.instance])
        return cleaned


class InlineMembershipForm(AnyModelForm):
    """A membership among others, which their formset looks at together."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            return
        for name in ENDS:
            if name in self.fields:
                # Shown as text: a choice would take a query for each row.
                label, value = self.fields[name].label, str(getattr(self.instance, name))
                self.fields[name] = forms.CharField(label=label, initial=value, disabled=True)
                self.initial[name] = value

    def clean(self) -> dict[str, Any]:
        """Return the values, with the row's own ends."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk is not None:
            cleaned |= {name: getattr(self.instance, name) for name in ENDS if name in self.fields}
        return cleaned


class MembershipFormSet(AnyFormSet):
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
        _keep_admins([row for row in gone if row.organization_id not in come])

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


class MembershipInline(SearchMixin, AnyTabularInline):
    """The members of an organization."""

    model = Membership
    fk_name = "organization"
    fields = ("user", "role")
    form = InlineMembershipForm
    formset = MembershipFormSet
    extra = 0
    verbose_name_plural = _("members")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the memberships with both ends."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related(*ENDS).order_by("created_at", "pk")


class UserMembershipInline(MembershipInline):
    """The organizations that a user belongs to."""

    fk_name = "user"
    fields = ("organization", "role")
    verbose_name_plural = _("memberships")


class MembershipsMixin(AnyModelAdmin):
    """Pages of what has memberships: in line as long as a form can hold them, and by a link."""

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Return the inlines, without those of too many memberships."""
        return [
            inline
            for inline in super().get_inlines(request, obj)
            if not (issubclass(inline, MembershipInline) and self._has_too_many(obj))
        ]

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

    def _has_too_many(self, obj: Any) -> bool:
        return obj is not None and _memberships_of(obj)[1][: MAX_IN_LINE + 1].count() > MAX_IN_LINE


class MembershipAdmin(SearchMixin, ServicesMixin):
    """Memberships. User and organization are set when one is created; the role may change."""

    form = MembershipForm
    list_display = ("user", "organization", "role", "created_at")
    list_filter = ("role", "created_at")
    # Of the links on the pages of users and organizations.
    linked_lookups = tuple(f"{end}__exact" for end in ENDS)
    list_select_related = ENDS
    fields = ("user", "organization", "role", "created_at")
    readonly_fields = ("created_at",)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Return the fields that are not asked for."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields] if obj is None else [*ENDS, *fields]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Return the name of the organization, and what users are called by."""
        model: Any = get_user_model()
        names = (model.USERNAME_FIELD, model.get_email_field_name(), "first_name", "last_name")
        users = [f"user__{name}" for name in dict.fromkeys(names) if _is_text(model, name)]
        return ["organization__name", *users]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Add a member, or change a role."""
        if change:
            change_role(membership=obj, role=obj.role)
        else:
            added = add_member(organization=obj.organization, user=obj.user, role=obj.role)
            obj.__dict__.update(added.__dict__)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Remove a member."""
        remove_member(membership=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Remove members."""
        for membership in queryset:
            remove_member(membership=membership)


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


def _is_text(model: Any, name: str) -> bool:
    try:
        return isinstance(model._meta.get_field(name), CharField)
    except FieldDoesNotExist:
        return False
