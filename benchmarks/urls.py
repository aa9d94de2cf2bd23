"""The example site's routes, and those of the rivals."""

from django.urls import path
from example.urls import urlpatterns as example_urls

from benchmarks import views

urlpatterns = [
    path("naive/<uuid:id>/", views.NaiveDownloadView.as_view()),
    path("bare/<path:key>", views.bare),
    *example_urls,
]
