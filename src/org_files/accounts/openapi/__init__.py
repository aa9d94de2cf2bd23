"""What the OpenAPI schema says of accounts, tokens and users; see ``org_files.rest.openapi``."""

from org_files.accounts.openapi import accounts, extensions, tokens, users
from org_files.rest.openapi import describe

__all__ = ["extensions"]

describe(*accounts.OPERATIONS, *tokens.OPERATIONS, *users.OPERATIONS)
