"""A site with the hard dependencies alone: Django's own user, sessions and tokens of DRF."""

from tests.hosts.common import host

EXTRAS = ("drf_spectacular", "rest_framework_simplejwt")

values = host(
    AUTH_USER_MODEL="auth.User",
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "rest_framework.authentication.SessionAuthentication",
            "rest_framework.authentication.TokenAuthentication",
        ]
    },
)
values["INSTALLED_APPS"] = [
    a for a in values["INSTALLED_APPS"] if a.partition(".")[0] not in EXTRAS
]
globals().update(values)
