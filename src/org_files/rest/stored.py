"""Files that were stored a moment ago, shown without reading them again."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db.models import Model
from django.db.models.signals import post_save, pre_save

from org_files.backends import load_class
from org_files.models import AbstractFile
from org_files.rest.serializers import FileSerializer
from org_files.signals import OWN_RECEIVER, file_stored


def stored_json(file: AbstractFile, context: Mapping[str, Any]) -> Any:
    """Return the JSON of a new file as it was written, or ``None`` if its row may differ.

    It may where the site has a serializer, columns or receivers of its own.
    """
    model = type(file)
    receivers = [key for key, *_receiver in file_stored.receivers or ()]
    if (
        load_class("FILE_SERIALIZER", FileSerializer) is not FileSerializer
        or pre_save.has_listeners(model)
        or post_save.has_listeners(model)
        or any(key[0] != OWN_RECEIVER for key in receivers)
        or not _keeps_values(model)
    ):
        return None
    # Nothing of it has been downloaded.
    vars(file).update(download_count=0, last_downloaded_at=None)
    return FileSerializer(file, context=dict(context)).data


@cache
def _keeps_values(model: type[AbstractFile]) -> bool:
    """Return whether a model is saved as Django's are, in the columns that the base has."""
    columns = {each.name: type(each) for each in AbstractFile._meta.get_fields()}
    own = {name: type(model._meta.get_field(name)) for name in columns}
    return model.save is Model.save and own == columns
