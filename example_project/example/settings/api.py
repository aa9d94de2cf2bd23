"""The HTTP API: login, throttling, tokens, and its description."""

from datetime import timedelta
from typing import Any

from example import environment as env
from org_files import __version__

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ],
    # For views that the site adds; those of org_files bring their own.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # Throttles count the address of the connection, or behind this number of proxies the one in
    # X-Forwarded-For.
    "NUM_PROXIES": env.whole_number("NUM_PROXIES", minimum=0, default=0),
}

if env.flag("THROTTLES", default=True):
    REST_FRAMEWORK |= {
        "DEFAULT_THROTTLE_CLASSES": [
            "rest_framework.throttling.AnonRateThrottle",
            "rest_framework.throttling.UserRateThrottle",
        ],
        # org_files adds limits on login, registration, changes of passwords and uploads.
        "DEFAULT_THROTTLE_RATES": {"anon": "600/min", "user": "6000/min"},
    }
else:
    REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = {
        f"org_files_{scope}": None
        for scope in ("login", "registration", "password", "upload", "refused")
    }

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Files of organizations",
    "VERSION": __version__,
    "DESCRIPTION": (
        "Upload, list and download files that belong to organizations, with exact download "
        "counts and the log behind them.\n\n"
        "To try it out: log in at `POST /api/auth/login/` for a session, or get a pair of tokens "
        "at `POST /api/token/` and give `access` to *Authorize* below."
    ),
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    # From the sidecar's static files, not from another server.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True},
}
