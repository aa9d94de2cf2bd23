from django.apps import apps
from django.urls import include, path

from tests.hosts.wagtail.cms.api import router
from tests.hosts.wagtail.cms.views import pages

urlpatterns = [path("api/v2/", include(router.urls))]

if apps.is_installed("org_files"):
    urlpatterns += [
        path("storage/", include("org_files.urls")),
        path("storage/", include("org_files.accounts.urls")),
    ]

# The pages answer every path that is left.
urlpatterns += [pages]
