from django.contrib import admin
from django.urls import include, path

from tests.hosts.pages.shop.views import LampView

urlpatterns = [
    path("api/", include("org_files.urls")),
    path("api/", include("org_files.accounts.urls")),
    path("files/", include("org_files.web.urls")),
    path("admin/", admin.site.urls),
    path("lamps/<int:pk>/", LampView.as_view(), name="lamp"),
]
