"""URLs that a site includes: ``path("api/", include("org_files.urls"))``."""

from org_files.checks import require_importable_views

# The views name the models, and Django REST framework imports what its settings name.
require_importable_views()

from org_files.rest.urls import app_name, urlpatterns  # noqa: E402

__all__ = ["app_name", "urlpatterns"]
