"""Settings of the example site, each kind in a module of its own.

docs/example-project.rst describes every environment variable. ``migrate`` creates the administrator
whom DJANGO_SUPERUSER_EMAIL and DJANGO_SUPERUSER_PASSWORD describe.
"""

# ruff: noqa: F403

from example.settings.api import *
from example.settings.base import *
from example.settings.cache import *
from example.settings.database import *
from example.settings.files import *
from example.settings.logs import *
from example.settings.security import *
from example.settings.storages import *
from example.settings.tasks import *
