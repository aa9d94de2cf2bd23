"""OpenAPI by drf-spectacular: what its schema says of this package's views.

The views know nothing of it. drf-spectacular asks the extensions that are registered here, and
they read a catalogue of operations, to which other apps add theirs with :func:`describe`. Nothing
here imports views or serializers before a schema is generated, so ``AppConfig.ready`` may import
it.
"""

from org_files.rest.openapi import extensions, link_extensions
from org_files.rest.openapi.catalogue import (
    downloads,
    files,
    links,
    members,
    organizations,
    pictures,
    resources,
)
from org_files.rest.openapi.operations import describe

__all__ = ["describe", "extensions", "link_extensions"]

describe(
    *files.OPERATIONS,
    *pictures.OPERATIONS,
    *resources.OPERATIONS,
    *links.OPERATIONS,
    *organizations.OPERATIONS,
    *members.OPERATIONS,
    *downloads.OPERATIONS,
)
