"""Settings of django-org-files: policy, registration, limits, storages."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from example import environment as env
from example.settings.base import BASE_DIR
from example.settings.tasks import task_queue

POLICIES = {
    "open": "org_files.access.OpenPolicy",
    "organization": "org_files.access.OrganizationPolicy",
    "owner": "org_files.access.OwnerPolicy",
}

REGISTRATIONS: dict[str, dict[str, Any]] = {
    "personal": {"BACKEND": "org_files.accounts.registration.PersonalOrganization"},
    "join": {
        "BACKEND": "org_files.accounts.registration.JoinOrganization",
        "OPTIONS": {"organization": env.text("JOIN_ORGANIZATION")},
    },
    # A member of an organization adds them later.
    "none": {"BACKEND": "org_files.accounts.registration.NoOrganization"},
    "closed": {"BACKEND": "org_files.accounts.registration.ClosedRegistration"},
}

registration = env.choice("REGISTRATION", REGISTRATIONS, default="personal")
if registration == "join" and not env.text("JOIN_ORGANIZATION"):
    raise ImproperlyConfigured("REGISTRATION=join needs JOIN_ORGANIZATION, the name of one.")

ORG_FILES = {
    "POLICY": {"BACKEND": POLICIES[env.choice("ORG_FILES_POLICY", POLICIES, default="open")]},
    "REGISTRATION": REGISTRATIONS[registration],
    # The same under every policy: a site that gives tiers to organizations sets both.
    "ORGANIZATION_CREATION": env.choice(
        "ORGANIZATION_CREATION", ("anyone", "operators"), default="anyone"
    ),
    "DEFAULT_TIER": env.text("DEFAULT_TIER") or None,
    "MAX_FILE_SIZE": env.whole_number("MAX_FILE_SIZE", minimum=1, default=None),
    "LINK_KEEP_DAYS": env.whole_number("LINK_KEEP_DAYS", minimum=0, default=7),
    "TASKS": task_queue,
}

# The bytes of stored files only.
MEDIA_ROOT = env.folder("MEDIA_ROOT", default=BASE_DIR / "media")

STORAGES = {
    # No web server may publish this folder: downloads go through the API, which asks the policy
    # and counts them.
    "org_files": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT},
    },
    # For fields of other apps; this site has none.
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": BASE_DIR / "public", "base_url": "/public/"},
    },
    # Without a manifest: no file has to be collected or renamed before the site can start.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
