"""An e-mail user of the site's own."""

from tests.hosts.common import host

globals().update(host("email_user.staff", AUTH_USER_MODEL="staff.Employee"))
