"""A site whose own API is unlike ours in every respect that REST_FRAMEWORK has a setting for."""

from typing import Any

from rest_framework.negotiation import BaseContentNegotiation

from tests import settings as default
from tests.settings import *  # noqa: F403

TIME_ZONE = "Asia/Kolkata"
LANGUAGE_CODE = "de"
APPEND_SLASH = False
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
DATABASES = {"default": default.DATABASES["default"] | {"ATOMIC_REQUESTS": True}}

REST_FRAMEWORK = default.REST_FRAMEWORK | {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.StaticHTMLRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.FileUploadParser"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": f"{__name__}.NoNegotiation",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.QueryParameterVersioning",
    "ALLOWED_VERSIONS": ["7"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 1,
    "DEFAULT_FILTER_BACKENDS": [],
    "SEARCH_PARAM": "q",
    "ORDERING_PARAM": "sort",
    "VERSION_PARAM": "page",
    "EXCEPTION_HANDLER": f"{__name__}.handle",
    "NON_FIELD_ERRORS_KEY": "errors",
    "DATETIME_FORMAT": "%d.%m.%Y",
    "DATETIME_INPUT_FORMATS": ["%d.%m.%Y"],
    "COMPACT_JSON": False,
    "UNICODE_JSON": False,
    "UPLOADED_FILES_USE_URL": False,
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "rest_framework.schemas.openapi.AutoSchema",
}


class NoNegotiation(BaseContentNegotiation):
    """Must never be asked."""

    def select_parser(self, *args: Any) -> Any:
        raise AssertionError

    def select_renderer(self, *args: Any) -> Any:
        raise AssertionError


def handle(error: Exception, context: Any) -> None:
    """Must never be asked."""
    raise AssertionError
