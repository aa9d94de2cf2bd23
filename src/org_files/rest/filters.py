"""Filters and search of lists, of which no client names a column."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

import django_filters
from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import exceptions, filters
from rest_framework.request import Request

from org_files import get_file_model, get_organization_model
from org_files.db.keys import MAX_INTEGER, parse_pk
from org_files.files.kinds import Kind, of_kind
from org_files.models import PICTURE_TYPES, AbstractFile, LinkState, ShareLink, in_state
from org_files.rest.exact import ExactFilter, NameFilter
from org_files.rest.ordering import Ordering

MAX_SEARCH_LENGTH = 256

Files = QuerySet[AbstractFile]
Links = QuerySet[ShareLink]


class _ParsedField(forms.CharField):
    """A text that ``parse`` turns into a value, or into ``None`` where it is malformed."""

    def __init__(self, *, parse: Callable[[str], Any], message: Any, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)
        self.parse, self.message = parse, message

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            parsed = self.parse(text)
        except (ValueError, OverflowError):
            parsed = None
        if parsed is None:
            raise ValidationError(self.message, code="invalid")
        return parsed


class ParsedFilter(django_filters.CharFilter):
    """Base of filters that refuse what is malformed, where those of django-filter forgive it."""

    field_class = _ParsedField
    message: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, parse=self.parse, message=self.message)

    def parse(self, text: str) -> Any | None:
        """Return the value of ``text``. Returns ``None`` or raises ``ValueError`` without one."""
        raise NotImplementedError


class KeyFilter(ParsedFilter):
    """The primary key of another model; ``model`` is a callable that returns it."""

    message = _("This is not a valid id.")

    def __init__(self, *args: Any, model: Callable[[], type[Model]], **kwargs: Any) -> None:
        self.keyed_model = model
        super().__init__(*args, **kwargs)

    def parse(self, text: str) -> Any | None:
        """Return the key."""
        return parse_pk(self.keyed_model(), text)


class ByteCountFilter(ParsedFilter):
    """A number of bytes, in decimal digits."""

    message = _("This is not a number of bytes.")

    def parse(self, text: str) -> int | None:
        """Return the number."""
        is_number = re.fullmatch(r"[0-9]{1,19}", text, re.ASCII)
        return int(text) if is_number and int(text) <= MAX_INTEGER else None


class MomentFilter(ParsedFilter):
    """A moment in ISO 8601, with its zone."""

    message = _("This is not a time with its zone, such as 2027-01-31T12:00:00Z.")

    def parse(self, text: str) -> datetime | None:
        """Return the moment in UTC."""
        # The plus sign of a zone, not encoded in a URL, arrives as a space.
        moment = parse_datetime(re.sub(r" ([0-9]{2}:?[0-9]{2})$", r"+\1", text))
        return None if moment is None or timezone.is_naive(moment) else moment.astimezone(UTC)


class FlagFilter(ParsedFilter):
    """``true`` or ``false``."""

    message = _("This is neither true nor false.")

    def parse(self, text: str) -> bool | None:
        """Return the flag."""
        return {"true": True, "false": False}.get(text.lower())


class FileFilterSet(django_filters.FilterSet):
    """Filters of lists of files."""

    organization = KeyFilter(model=get_organization_model, label=_("Organization"))
    owner = KeyFilter(model=get_user_model, label=_("Owner"))
    resource = ExactFilter(label=_("Resource"))
    resource_id = ExactFilter(label=_("Resource id"))
    content_type = ExactFilter(label=_("Content type"))
    kind = django_filters.ChoiceFilter(
        choices=Kind.choices,
        method="filter_kind",
        label=_("Kind"),
        help_text=_("By the content type. A document is a text, a PDF or an office file."),
    )
    is_picture = FlagFilter(method="filter_is_picture", label=_("Is a picture"))
    is_public = FlagFilter(
        label=_("Is public"), help_text=_("In `files/`, true adds those of other organizations.")
    )
    name = NameFilter(label=pgettext_lazy("of a file", "Name"))
    created_after = MomentFilter(
        field_name="created_at", lookup_expr="gt", label=_("Created after")
    )
    created_before = MomentFilter(
        field_name="created_at", lookup_expr="lt", label=_("Created before")
    )
    min_size = ByteCountFilter(field_name="size", lookup_expr="gte", label=_("Bytes at least"))
    max_size = ByteCountFilter(field_name="size", lookup_expr="lte", label=_("Bytes at most"))
    # The view reads it: the trash is another list of the policy.
    trashed = FlagFilter(
        method="keep_all",
        label=_("In the trash"),
        help_text=_("Files in the trash that the requester may restore, instead of others."),
    )

    class Meta:
        model = get_file_model()
        fields: list[str] = []

    def keep_all(self, queryset: Files, name: str, value: bool) -> Files:
        """Return the queryset as it is."""
        return queryset

    def filter_kind(self, queryset: Files, name: str, value: str) -> Files:
        """Keep the files of a kind."""
        return queryset.filter(of_kind(Kind(value)))

    def filter_is_picture(self, queryset: Files, name: str, value: bool) -> Files:
        """Keep pictures, or everything else."""
        select = queryset.filter if value else queryset.exclude
        return select(content_type__in=PICTURE_TYPES)


class DownloadFilterSet(django_filters.FilterSet):
    """Filters of the list of downloads. The view asks the policy about the user."""

    user = KeyFilter(
        model=get_user_model, label=_("User"), help_text=_("Instead of the requester.")
    )


class StateFilterSet(django_filters.FilterSet):
    """Filters of the list of one file's links."""

    state = django_filters.ChoiceFilter(
        choices=[(str(state), str(state)) for state in LinkState],
        method="filter_state",
        label=_("State"),
    )

    def filter_state(self, queryset: Links, name: str, value: str) -> Links:
        return queryset.filter(in_state(LinkState(value), timezone.now()))


class LinkFilterSet(StateFilterSet):
    """Filters of the list of links."""

    organization = KeyFilter(
        field_name="file__organization", model=get_organization_model, label=_("Organization")
    )


class _FilterSets(DjangoFilterBackend):
    raise_exception = True


class _Search(filters.SearchFilter):
    search_param = "search"  # whatever the host's SEARCH_PARAM says

    def get_search_terms(self, request: Request) -> list[str]:
        text = request.query_params.get(self.search_param, "")
        if len(text) > MAX_SEARCH_LENGTH:
            message = ngettext(
                "At most %(limit)d character.", "At most %(limit)d characters.", MAX_SEARCH_LENGTH
            )
            raise exceptions.ValidationError(
                {self.search_param: [message % {"limit": MAX_SEARCH_LENGTH}]}
            )
        # Names are stored so, and a word of a comment is found as most keyboards write it.
        terms = [normalize("NFC", term) for term in super().get_search_terms(request) if term]
        # Without the quotation marks and commas that REST framework takes off no word may be left,
        # and a search for none finds every row.
        return terms or text.split()


LIST_FILTERS = (_FilterSets, _Search, Ordering)
