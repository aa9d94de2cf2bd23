"""Settings of the example site, those of each kind in a module of their own.

What differs from one place to another comes from the environment:

===================== ======================================================== ==================
Variable              Meaning                                                  Without it
===================== ======================================================== ==================
DEBUG                 error pages with details: 0 or 1                         1 while only this
                                                                               computer is served
SECRET_KEY            signs sessions and tokens                                needed unless DEBUG
ALLOWED_HOSTS         names under which the site answers, separated by commas  localhost
CSRF_TRUSTED_ORIGINS  other origins whose forms are accepted, with scheme      none
HTTPS                 cookies over HTTPS only: 0 or 1                          0
DATABASE_URL          such as postgres://user:password@host:5432/name          db.sqlite3
CONN_MAX_AGE          seconds for which a connection to a server is kept       600; ASGI: 0
CACHE_URL             redis://..., for throttles, usage and sessions           memory of each
                                                                               process
CELERY_BROKER_URL     redis://... or amqp://..., where Celery's workers        no workers
                      listen
MEDIA_ROOT            folder of the stored bytes                               media
LOG_DIR               folder of a log file that rotates                        console and table
LOG_LEVEL             from which on records are kept: debug, info, warning     info
                      or error
ORG_FILES_POLICY      who sees what: open, organization or owner               open
REGISTRATION          what follows it: personal (an organization of one's own), personal
                      join (that of JOIN_ORGANIZATION), none, or closed
JOIN_ORGANIZATION     the name of the organization that REGISTRATION=join means none
ORGANIZATION_CREATION who makes organizations: anyone or operators             anyone
DEFAULT_TIER          the name of the tier that new organizations get          no tier
PASSWORD_RULES        standard, or strict: upper-case letter, digit, special   standard
                      character
MAX_FILE_SIZE         bytes of the largest file accepted                       no limit
LINK_KEEP_DAYS        days that share links are kept that are over             7
THROTTLES             limits on requests: on or off                            on
NUM_PROXIES           front servers whose X-Forwarded-For is believed          0
===================== ======================================================== ==================

``migrate`` creates the administrator whom DJANGO_SUPERUSER_EMAIL and DJANGO_SUPERUSER_PASSWORD
describe, unless there is one.
"""

# ruff: noqa: F403

from example.settings.api import *
from example.settings.base import *
from example.settings.cache import *
from example.settings.database import *
from example.settings.files import *
from example.settings.logs import *
from example.settings.security import *
from example.settings.tasks import *
