"""The example site's routes, and those of the rivals."""

import os

from django.urls import path
from example.urls import urlpatterns as example_urls

from benchmarks import packages, views

urlpatterns = [
    path("naive/<uuid:id>/", views.NaiveDownloadView.as_view()),
    path("bare/<path:key>", views.bare),
    path("accel/<path:key>", views.accel),
    path("naive/files/", views.NaiveListView.as_view()),
    path("plain/files/", views.PlainListView.as_view()),
    *(packages.routes() if os.environ.get("BENCHMARK_PACKAGES") else []),
    *example_urls,
]
