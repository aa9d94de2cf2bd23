"""OpenAPI description of accounts, tokens and users; see ``org_files.rest.openapi``."""

from django.contrib.auth import get_user_model

from org_files import get_organization_model
from org_files.rest.openapi import extensions
from org_files.rest.openapi.extensions import STRING, Schema, component, key_of, shown

SERIALIZERS = "org_files.accounts.serializers"

USER = shown(f"{SERIALIZERS}.UserSerializer")
TOKENS: Schema = {"access": STRING, "refresh": STRING}
TOKEN_PAIR = component("TokenPair", {"type": "object", "required": [*TOKENS], "properties": TOKENS})

extensions.NAMES |= {
    "AdministrationSerializer": "UserAdministration",
    "AvatarSerializer": "AvatarUpload",
    "PasswordSerializer": "PasswordChange",
    "TokenSerializer": "RefreshToken",
}
extensions.PROPERTIES |= {
    "AvatarSerializer": {"avatar": lambda _: extensions.BINARY},
    "OrganizationOfUserSerializer": {
        "id": lambda _: key_of(get_organization_model()),
        "role": extensions.ROLE,
    },
    "UserSerializer": {
        "id": lambda _: key_of(get_user_model()),
        "organizations": extensions.array_of(f"{SERIALIZERS}.OrganizationOfUserSerializer"),
    },
}
extensions.ANSWERS |= {
    "auth_register": (201, USER),
    "auth_login": (200, USER),
    "auth_logout": (204, None),
    "token_obtain": (200, TOKEN_PAIR),
    "token_refresh": (200, TOKEN_PAIR),
    "token_blacklist": (200, lambda _: {"type": "object", "maxProperties": 0}),
    "users_me_avatar_update": (200, USER),
    "users_me_password": (204, None),
}
