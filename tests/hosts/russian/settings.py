"""A site in Russian."""

from tests.hosts.common import host

globals().update(host(LANGUAGE_CODE="ru", USE_I18N=True))
