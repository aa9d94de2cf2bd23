"""The site for ASGI servers: ``uvicorn example.asgi:application``."""

import os

from org_files.http.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example.settings")
# Under ASGI each request has its own thread, so a kept connection would not be used again.
os.environ.setdefault("CONN_MAX_AGE", "0")

application = get_asgi_application()
