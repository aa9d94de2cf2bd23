"""The app, and the one write to settings that swappable models need."""

from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models.signals import post_delete, post_save, pre_delete
from django.utils.translation import gettext_lazy as _

from org_files import conf

# Migrations of sites, and the autodetector, read both labels from settings before other code of
# the package could supply a default.
for _setting, _default in conf.SWAPPABLE_DEFAULTS.items():
    if not hasattr(settings, _setting):
        setattr(settings, _setting, _default)


class OrgFilesConfig(AppConfig):
    """Files that belong to organizations."""

    name = "org_files"
    verbose_name = _("Organizations and files")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from org_files import checks  # noqa: F401
        from org_files.attachments import checks as attachment_checks  # noqa: F401
        from org_files.attachments.deletion import connect as connect_deletion
        from org_files.files.removal import after_deletion, before_deletion
        from org_files.organizations import services as organizations
        from org_files.pictures import after_storing, discard_rendition
        from org_files.signals import OWN_RECEIVER, file_stored
        from org_files.uploads.ending import before_removal

        post_delete.connect(discard_rendition, sender="org_files.Rendition")
        file_stored.connect(after_storing, dispatch_uid=OWN_RECEIVER)
        pre_delete.connect(before_removal, sender="org_files.Upload")
        post_save.connect(organizations.after_saving, sender="org_files.Membership")
        post_delete.connect(organizations.after_deletion, sender="org_files.Membership")
        label = conf.file_model_label().lower()
        for model in apps.get_models():
            # Proxies too: Django sends the signals of a deletion through a proxy for that only.
            concrete = model._meta.concrete_model
            if concrete is not None and concrete._meta.label_lower == label:
                pre_delete.connect(before_deletion, sender=model)
                post_delete.connect(after_deletion, sender=model)
        connect_deletion()
        if apps.is_installed("drf_spectacular"):
            from org_files.attachments import openapi as attachments_openapi  # noqa: F401
            from org_files.rest import openapi  # noqa: F401
