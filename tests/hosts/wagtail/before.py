"""The host with an API of its own, before the package was installed."""

from tests.hosts.wagtail import site

values = {name: value for name, value in vars(site).items() if name.isupper()}
# The package, and the models of the suite that need it.
LATER = ("org_files", "tests.attachments")
values["INSTALLED_APPS"] = [a for a in values["INSTALLED_APPS"] if not a.startswith(LATER)]
globals().update(values)
