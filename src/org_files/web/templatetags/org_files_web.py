"""Tags for pages of the site: files of an object, the form that uploads more, and a button.

::

    {% load org_files_web %}
    {% org_files_uploader resource="shop.product" resource_id=product.pk %}
    {% org_files_list resource="shop.product" resource_id=product.pk %}
    {% org_files_button product.manual %}

They show what the policy lets the user of the request see and do, and nothing to others.
"""

from dataclasses import replace
from typing import Any

from django import template
from django.core.exceptions import ImproperlyConfigured
from django.template.loader import render_to_string

from org_files.access import get_policy
from org_files.models import AbstractFile
from org_files.tiers import TIER
from org_files.web import notices
from org_files.web.places import Place
from org_files.web.rows import FileRow
from org_files.web.views.base import Page

register = template.Library()

#: The most files of a list.
MAX_FILES = 100

#: An attribute of the request: how often each kind of tag is on its page.
COUNTS = "_org_files_web_tags"


@register.simple_tag(takes_context=True)
def org_files_uploader(
    context: Any, *, resource: Any = "", resource_id: Any = "", organization: Any = None
) -> str:
    """Return the form that uploads files, and attaches them to the object that is named.

    After an upload without a script the visitor returns to the page. ``organization`` is one or its
    key; by default that of the object, or else what the user chooses.
    """
    request = _request(context)
    if not request.user.is_authenticated:
        return ""
    place = Place.of(resource, resource_id, organization)
    options = {"policy": get_policy(), "next": request.get_full_path()}
    form = None if place is None else place.uploader(request.user, **options)
    if form is None:
        return ""
    # The library has a form of its own.
    others = 1 if isinstance(context.get("page"), Page) else 0
    number = _number(context, "uploader")
    form = replace(form, number=number + others, has_scripts=number == 1)
    said = notices.take(request) if "notices" not in context else []
    return _render("uploader", context, uploader=form, notices=said)


@register.simple_tag(takes_context=True)
def org_files_list(
    context: Any,
    *,
    resource: Any = "",
    resource_id: Any = "",
    organization: Any = None,
    limit: int = 20,
) -> str:
    """Return the newest files of the object that is named, at most ``limit``, as cards.

    Each has a picture, the name, which leads to the page of the file, and a button that downloads.
    """
    request = _request(context)
    if not request.user.is_authenticated:
        return ""
    shown = max(0, min(int(limit), MAX_FILES))
    place = Place.of(resource, resource_id, organization)
    if place is None:
        return ""
    files = list(place.files(request.user, policy=get_policy())[: shown + 1])
    return _render(
        "list",
        context,
        rows=[FileRow(file=file) for file in files[:shown]],
        has_more=len(files) > shown,
        place=place,
        number=_number(context, "list"),
    )


@register.simple_tag(takes_context=True)
def org_files_button(context: Any, file: Any) -> str:
    """Return the button that downloads ``file``, with its size.

    Empty for what is no file, and for a user who does not see the file or may not have its
    original.
    """
    request = _request(context)
    if not isinstance(file, AbstractFile) or not request.user.is_authenticated:
        return ""
    visible = get_policy().visible_files(request.user).select_related("organization", "owner", TIER)
    found = visible.filter(pk=file.pk).first()
    row = None if found is None else FileRow(file=found)
    if row is None or not row.may_download:
        return ""
    return _render("button", context, row=row)


def _request(context: Any) -> Any:
    request = context.get("request")
    if request is None or not hasattr(request, "user"):
        message = (
            "Tags of org_files_web need the request: render the template with it, and with "
            "'django.template.context_processors.request' and AuthenticationMiddleware."
        )
        raise ImproperlyConfigured(message)
    return request


def _number(context: Any, kind: str) -> int:
    """Return 1 for the first tag of its kind on a page, 2 for the next one, and so on."""
    counts = vars(context["request"]).setdefault(COUNTS, {})
    counts[kind] = counts.get(kind, 0) + 1
    return int(counts[kind])


def _render(name: str, context: Any, **values: Any) -> str:
    """Return a tag's template, with the style sheet and the module the first time on a page."""
    is_own = isinstance(context.get("page"), Page)
    values["has_assets"] = not is_own and _number(context, "assets") == 1
    # With the request: context processors have the nonce of the page, and the CSRF token.
    return render_to_string(f"org_files_web/tags/{name}.html", values, context["request"])
