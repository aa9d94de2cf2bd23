"""What a host site includes: ``path("api/", include("org_files.urls"))``."""

from org_files.rest.urls import app_name, urlpatterns

__all__ = ["app_name", "urlpatterns"]
