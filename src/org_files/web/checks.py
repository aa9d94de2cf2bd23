"""System checks of the pages."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template

from org_files.exceptions import ConfigurationError
from org_files.web import conf

NEEDED = ("django.contrib.sessions", "django.contrib.staticfiles")


@register("org_files")
def check_pages(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Check the apps that pages need, and the base template."""
    for name in NEEDED:
        if not apps.is_installed(name):
            yield Error(
                f"org_files.web needs {name!r} in INSTALLED_APPS.",
                id="org_files.E040",
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
            id="org_files.E041",
        )
