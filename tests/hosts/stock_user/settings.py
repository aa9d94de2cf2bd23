"""Django's own user."""

from tests.hosts.common import host

globals().update(
    host(
        AUTH_USER_MODEL="auth.User",
    )
)
