"""The site for ASGI servers: ``uvicorn example.asgi:application``."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example.settings")
# Under ASGI each request runs in a thread of its own: a connection kept for the next request
# would never be found again.
os.environ.setdefault("CONN_MAX_AGE", "0")

application = get_asgi_application()
