from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("api/", include("org_files.urls")),
    path("library/", include("org_files.web.urls")),
    path("admin/", admin.site.urls),
]
