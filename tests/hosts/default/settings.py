"""Our own models, the e-mail user."""

from tests.hosts.common import host

globals().update(host())
