"""A site with a login of its own, and pages without the accounts of the package."""

from tests.hosts.common import host

values = host(
    AUTH_USER_MODEL="auth.User",
    LOGIN_URL="admin:login",
    ROOT_URLCONF="tests.hosts.own_login.urls",
)
values["INSTALLED_APPS"] = [a for a in values["INSTALLED_APPS"] if a != "org_files.accounts"]
globals().update(values)
