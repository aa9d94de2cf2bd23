"""Files that belong to organizations, for any Django site.

Nothing here needs loaded apps, so settings modules and migrations may import it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from org_files.models import AbstractFile, AbstractOrganization

__all__ = ["__version__", "get_file_model", "get_organization_model"]

__version__ = "0.1.0"


def get_organization_model() -> type[AbstractOrganization]:
    """Return the model that ``ORG_FILES_ORGANIZATION_MODEL`` names.

    Raises ``django.core.exceptions.ImproperlyConfigured`` where the label is malformed or
    names no installed model.
    """
    from org_files import conf

    model: type[AbstractOrganization] = conf.swappable_model(conf.ORGANIZATION_MODEL_SETTING)
    return model


def get_file_model() -> type[AbstractFile]:
    """Return the model that ``ORG_FILES_FILE_MODEL`` names.

    Raises ``django.core.exceptions.ImproperlyConfigured`` where the label is malformed or
    names no installed model.
    """
    from org_files import conf

    model: type[AbstractFile] = conf.swappable_model(conf.FILE_MODEL_SETTING)
    return model
