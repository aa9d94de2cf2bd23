"""The site's own app: landing page, templates, demo data."""

from django.apps import AppConfig


class ExampleConfig(AppConfig):
    """The example site."""

    name = "example"
