from django.urls import path

from tests.hosts.both_swapped.acme.views import preview
from tests.urls import urlpatterns as default

urlpatterns = [*default, path("preview/<uuid:public_id>/", preview)]
