"""drf-spectacular's generator, with the site's own operations as they are without the package."""

from typing import Any

from drf_spectacular import generators
from drf_spectacular.settings import spectacular_settings

from org_files.rest.base import BaseView
from org_files.rest.openapi.extensions import Schema


class EndpointEnumerator(generators.EndpointEnumerator):
    """Adds ``HEAD`` and ``OPTIONS`` of the package's views that have an operation id for them."""

    def get_allowed_methods(self, callback: Any) -> list[str]:
        usual: Any = super().get_allowed_methods
        ids = callback.cls.operation_ids if issubclass(callback.cls, BaseView) else {}
        return [*usual(callback), *(each for each in ("HEAD", "OPTIONS") if each in ids)]


class SchemaGenerator(generators.SchemaGenerator):
    """Describes the site's own views first, as if there were no others, then the package's.

    Without ``SCHEMA_PATH_PREFIX`` drf-spectacular removes the common prefix of all paths from
    operation ids and tags. The package's have names of their own.
    """

    endpoint_inspector_cls = EndpointEnumerator

    def parse(self, input_request: Any, public: bool) -> Schema:
        usual: Any = super().parse
        if spectacular_settings.SCHEMA_PATH_PREFIX_TRIM:  # one prefix for all paths
            return dict(usual(input_request, public))
        initialise: Any = self._initialise_endpoints
        initialise()
        endpoints: Any = self.endpoints
        found: Schema = {}
        for ours in (False, True):
            self.endpoints = [one for one in endpoints if issubclass(one[3].cls, BaseView) == ours]
            for path, operations in usual(input_request, public).items():
                found.setdefault(path, {}).update(operations)
        self.endpoints = endpoints
        return found
