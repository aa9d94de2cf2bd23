"""A site in the shape of cookiecutter-django: login by e-mail, and a single field for the name."""

from tests.hosts.common import host

globals().update(
    host(
        "cookiecutter.users",
        AUTH_USER_MODEL="users.User",
        ORG_FILES={"PROFILE_FIELDS": ["name"]},
        SPECTACULAR_SETTINGS={"SCHEMA_PATH_PREFIX": "/api/"},
    )
)
