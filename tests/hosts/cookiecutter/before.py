"""The host with an API of its own, before the package was installed."""

from tests.hosts.cookiecutter import site

values = {name: value for name, value in vars(site).items() if name.isupper()}
values["INSTALLED_APPS"] = [a for a in values["INSTALLED_APPS"] if not a.startswith("org_files")]
globals().update(values)
