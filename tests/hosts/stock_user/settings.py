"""Django's own user, and no event log."""

from tests.hosts.common import host

values = host(AUTH_USER_MODEL="auth.User")
values["INSTALLED_APPS"] = [a for a in values["INSTALLED_APPS"] if a != "org_files.eventlog"]
globals().update(values)
