"""Files and renditions as contents to deliver."""

from __future__ import annotations

from pathlib import PurePath

from org_files.delivery import Deliverable
from org_files.models import AbstractFile, Rendition
from org_files.picture_types import PICTURE_SUFFIXES, PICTURES
from org_files.storage import original_storage, rendition_storage


def original(file: AbstractFile, *, inline: bool = False) -> Deliverable:
    """Return the original of ``file``."""
    return Deliverable(
        # The field's storage is the one of the settings when the model was loaded.
        storage=original_storage(),
        key=file.content.name or "",
        name=file.name,
        size=file.size,
        digest=file.sha256,
        last_modified=file.created_at,
        content_type=file.content_type,
        inline=inline,
    )


def rendition_of(file: AbstractFile, rendition: Rendition, *, inline: bool = False) -> Deliverable:
    """Return one height of ``file``, under the file's name with an ending that fits."""
    suffixes, path = PICTURES[rendition.content_type].suffixes, PurePath(file.name)
    name, suffix = file.name, path.suffix.lower()
    if suffix not in suffixes:
        name = (path.stem if suffix in PICTURE_SUFFIXES else file.name) + suffixes[0]
    return Deliverable(
        storage=rendition_storage(),
        key=rendition.key,
        name=name,
        size=rendition.size,
        digest=rendition.sha256,
        last_modified=rendition.created_at,
        content_type=rendition.content_type,
        inline=inline,
    )
