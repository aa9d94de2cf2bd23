"""A site in the shape of Wagtail: pages at any path, documents and collections of its own."""

from tests.hosts.common import host

globals().update(
    host("wagtail.cms", AUTH_USER_MODEL="auth.User", ROOT_URLCONF="tests.hosts.wagtail.urls")
)
