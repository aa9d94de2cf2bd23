"""OpenAPI description of the API by drf-spectacular, derived from views and serializers.

A view says what cannot be derived in ``tag``, ``operation_ids`` and ``errors``. ``AppConfig.ready``
imports this package, so that it imports no views or serializers before a schema is generated.
"""

from typing import Any

from drf_spectacular.settings import spectacular_settings

from org_files.rest.openapi import extensions

__all__ = ["extensions"]

# drf-spectacular derives operation ids from all paths, which no hook changes. A site's own
# DEFAULT_GENERATOR_CLASS comes first.
_defaults: Any = spectacular_settings.defaults
_defaults["DEFAULT_GENERATOR_CLASS"] = "org_files.rest.openapi.generator.SchemaGenerator"
