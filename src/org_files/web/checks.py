"""System checks of the pages."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.urls import NoReverseMatch, reverse

from org_files.exceptions import ConfigurationError
from org_files.web import conf
from org_files.web.qr import has_segno
from org_files.web.routes import url_of

NEEDED = ("django.contrib.sessions", "django.contrib.staticfiles")


@register("org_files")
def check_pages(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Check the apps that pages need, and the base template."""
    for name in NEEDED:
        if not apps.is_installed(name):
            yield Error(
                f"org_files.web needs {name!r} in INSTALLED_APPS.",
                id="org_files.E050",
            )
    try:
        name = conf.base_template()
    except ConfigurationError:  # check_settings reports it
        return
    try:
        get_template(name)
    except (TemplateDoesNotExist, TemplateSyntaxError) as error:
        yield Error(
            f'ORG_FILES["WEB"]["BASE_TEMPLATE"]: {name!r} is no template that loads: {error}',
            id="org_files.E051",
        )


@register("org_files", Tags.urls)
def check_routes(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Check that a site with the pages has the API too: share links lead there."""
    if not getattr(settings, "ROOT_URLCONF", None) or url_of("library") is None:
        return
    try:
        reverse("org_files:shared", args=["token"])
    except NoReverseMatch:
        yield Error(
            "The pages need the URLs of the API, where share links lead to.",
            hint='path("api/", include("org_files.urls"))',
            id="org_files.E052",
        )


@register("org_files", deploy=True)
def advise(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Warn if a package is missing that pages can do without."""
    if not has_segno():
        yield CheckWarning(
            "Without segno the pages show no QR codes of share links.",
            hint='pip install "django-org-files[web]"',
            id="org_files.W007",
        )
