"""The site for Celery: ``celery -A example worker`` and ``celery -A example beat``.

It is imported only if CELERY_BROKER_URL is set.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example.settings")

app = Celery("example")
# Celery's current app is that of one thread; this sets it for all threads.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
