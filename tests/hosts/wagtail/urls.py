from tests.hosts.wagtail.cms.views import pages
from tests.urls import urlpatterns as default

urlpatterns = [*default, pages]
