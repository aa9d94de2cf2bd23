"""Settings of django-org-files: policy, registration, limits, storage, delivery."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from example import environment as env
from example.settings.storages import ALIASES, delivery, storage, ways
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
    # A browser that opens a share link gets a page with the name and the size first.
    "LINK_LANDING": True,
    "LINK_KEEP_DAYS": env.whole_number("LINK_KEEP_DAYS", minimum=0, default=7),
    "STORAGE": ALIASES[storage],
    "RENDITION_STORAGE": ALIASES[storage],
    "DELIVERY": ways[delivery],
    "TASKS": task_queue,
}
