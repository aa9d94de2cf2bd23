from django.apps import apps
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.authtoken.views import obtain_auth_token

from tests.hosts.cookiecutter.api import router

urlpatterns = [
    path("api/", include((router.urls, "api"))),
    path("api/auth-token/", obtain_auth_token),
    path("api/schema/", SpectacularAPIView.as_view()),
]

if apps.is_installed("org_files"):
    urlpatterns += [
        path("api/storage/", include("org_files.urls")),
        path("api/storage/", include("org_files.accounts.urls")),
    ]
