"""Tags that show stored files: ``{% load org_files %}``."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.urls import NoReverseMatch
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from org_files.access import get_policy
from org_files.models import AbstractFile
from org_files.tiers import TIER, heights_of

register = template.Library()


@register.simple_tag(takes_context=True)
def org_files_attachments(context: Any, obj: Any, attribute: str = "attachments") -> SafeString:
    """Show the files of an object that the user of the request may see, nothing without one."""
    if obj is None or obj == "":  # a variable that is not defined
        return mark_safe("")
    manager, request = getattr(obj, attribute), context.get("request")
    user: Any = getattr(request, "user", None)
    files: Any = ()
    if getattr(user, "is_authenticated", False):
        files = manager.attached(get_policy().visible_files(user))
        files = files.select_related("organization", TIER).order_by("created_at", "pk")
    values = {"files": files}
    return mark_safe(render_to_string("org_files/attachments/gallery.html", values, request))  # noqa: S308


@register.filter
def org_files_button(file: Any) -> str:
    """Return a link that downloads a file, nothing for ``None`` and for what is no file."""
    if not _url(file):
        return ""
    return mark_safe(render_to_string("org_files/attachments/button.html", {"file": file}))  # noqa: S308


@register.simple_tag
def org_files_link(file: Any) -> str:
    """Return the name of a file as a link to its content, nothing for what is no file."""
    if not isinstance(file, AbstractFile):
        return ""
    url = _url(file)
    return format_html('<a href="{}">{}</a>', url, file.name) if url else file.name


@register.simple_tag
def org_files_picture(file: Any, height: int | str | None = None, alt: str = "") -> str:
    """Return a picture in the heights of its organization's tier, nothing for another file.

    ``height`` is that at which it is shown, in pixels, at most the largest of the tier; the browser
    takes the height that fits.
    """
    asked = _pixels(height)
    heights = list(heights_of(file)) if _url(file) else []
    if not heights:
        return ""
    shown = min((each for each in heights if asked is None or each >= asked), default=heights[-1])
    # Renditions differ by their height, so each stands for a density of the screen.
    srcset = ", ".join(
        f"{file.rendition(each).url} {each / shown:.4g}x" for each in heights if each >= shown
    )
    text = '<img src="{}" srcset="{}" height="{}" alt="{}" loading="lazy">'
    return format_html(text, file.rendition(shown).url, srcset, min(asked or shown, shown), alt)


def _pixels(height: Any) -> int | None:
    """Return a height, ``None`` for none. Raises ``TemplateSyntaxError`` for what is no number."""
    if height is None or height == "":
        return None
    try:
        pixels = int(height)
    except (TypeError, ValueError):
        pixels = 0
    if pixels < 1:
        raise template.TemplateSyntaxError(
            f"org_files_picture takes a height in pixels, such as height=200, and not {height!r}."
        )
    return pixels


def _url(file: Any) -> str:
    """Return the path of the content, empty without a file or without the API of the site."""
    if not isinstance(file, AbstractFile):
        return ""
    try:
        return str(file.url)
    except NoReverseMatch:
        return ""
