"""Routes of the pages: ``path("library/", include("org_files.web.urls"))``."""

from django.urls import path

from org_files.web.views import library

app_name = "org_files_web"

urlpatterns = [
    path("", library.LibraryPage.as_view(), name="library"),
]
