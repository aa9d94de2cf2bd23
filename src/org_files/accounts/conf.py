"""Settings of the accounts app, keys of ``ORG_FILES``."""

from org_files.conf import BACKEND, register, texts

#: What follows when a user registers.
registration = register(
    "REGISTRATION", {"BACKEND": "org_files.accounts.registration.NoOrganization"}, *BACKEND
)
#: Further columns of the user model that profiles have.
profile_fields = register("PROFILE_FIELDS", (), texts, 'a list like ["department"]')
