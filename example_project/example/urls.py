"""URLs of the site, which include those of the package under a prefix."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from example.views import AboutPage, APIRootView, not_found

admin.site.site_header = admin.site.site_title = "Files of organizations"

urlpatterns = [
    # The pages of the package.
    path("", include("org_files.web.urls")),
    path("about/", AboutPage.as_view(), name="about"),
    # Browsers request it for pages that name no icon, such as those of the admin.
    path("favicon.ico", RedirectView.as_view(url=static("example/icon.svg"))),
    path("admin/", admin.site.urls),
    path("api/", APIRootView.as_view(), name="api"),
    path("api/", include("org_files.urls")),
    path("api/", include("org_files.accounts.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    # Login and logout of the API's pages for browsers.
    path("api-auth/", include("rest_framework.urls")),
    # With DEBUG, too.
    re_path(r"^(?!admin/|api/|api-auth/|static/).+", not_found),
]

handler404 = not_found
