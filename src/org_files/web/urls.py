"""Routes of the pages: ``path("library/", include("org_files.web.urls"))``."""

from django.urls import path

from org_files.web.views import library, uploads

app_name = "org_files_web"

urlpatterns = [
    path("", library.LibraryPage.as_view(), name="library"),
    path("uploads/", uploads.NewUpload.as_view(), name="uploads"),
    path("uploads/<str:id>/", uploads.UnfinishedUpload.as_view(), name="upload"),
]
