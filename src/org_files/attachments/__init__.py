"""Files on any model: a descriptor and a field for models, form fields, an admin inline, DRF parts.

Every name can be imported before apps are loaded, as the ``models.py`` of a site does.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from org_files.attachments.descriptor import Attachments
from org_files.attachments.fields import StoredFileField
from org_files.labels import OnDelete

KEEP, PURGE, TRASH = OnDelete.KEEP, OnDelete.PURGE, OnDelete.TRASH

#: Names whose modules are imported when they are asked for, and these modules: a site's models
#: import neither forms nor the API.
_LATE = {
    "AttachmentInline": "org_files.attachments.admin",
    "AttachmentsForm": "org_files.attachments.forms",
    "AttachmentsFormField": "org_files.attachments.forms",
    "AttachmentsMixin": "org_files.attachments.rest",
    "AttachmentsSerializerField": "org_files.attachments.serializers",
    "StoredFileFormField": "org_files.attachments.forms",
    "StoredFilesAdmin": "org_files.attachments.admin",
    "StoredFileSerializerField": "org_files.attachments.serializers",
}

__all__ = [
    "KEEP",
    "PURGE",
    "TRASH",
    "AttachmentInline",
    "Attachments",
    "AttachmentsForm",
    "AttachmentsFormField",
    "AttachmentsMixin",
    "AttachmentsSerializerField",
    "StoredFileField",
    "StoredFileFormField",
    "StoredFileSerializerField",
    "StoredFilesAdmin",
]


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)
