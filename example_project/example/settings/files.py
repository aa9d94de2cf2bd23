"""django-org-files itself: who sees what, and where bytes are kept."""

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
    # Own storage for each user.
    "personal": {"BACKEND": "org_files.accounts.registration.PersonalOrganization"},
    "join": {
        "BACKEND": "org_files.accounts.registration.JoinOrganization",
        "OPTIONS": {"organization": env.text("JOIN_ORGANIZATION")},
    },
    # Somebody who belongs to an organization already makes them a member.
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

# The bytes of stored files and nothing else.
MEDIA_ROOT = env.folder("MEDIA_ROOT", default=BASE_DIR / "media")

STORAGES = {
    # org_files keeps its files under the alias of its own name. No server may serve this folder:
    # every byte leaves through the API, which asks the policy and counts the download.
    "org_files": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT},
    },
    # For fields of other apps; nothing in this site has one.
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": BASE_DIR / "public", "base_url": "/public/"},
    },
    # Without a manifest: no file has to be collected or renamed before the site can start.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
