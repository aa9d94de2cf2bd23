from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "tests.attachments.catalog"
    # Whatever the host's setting says.
    default_auto_field = "django.db.models.BigAutoField"
