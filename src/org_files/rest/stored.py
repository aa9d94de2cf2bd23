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
    """Return the JSON of a new file without its row being read, or ``None`` if that may differ.

    It may differ where the site has its own serializer, columns or receivers.
    """
    model = type(file)
    if (
        load_class("FILE_SERIALIZER", FileSerializer) is not FileSerializer
        or pre_save.has_listeners(model)
        or post_save.has_listeners(model)
        or any(uid != OWN_RECEIVER for (uid, _sender), *_receiver in file_stored.receivers or ())
        or not _keeps_values(model)
    ):
        return None
    # The values of ``with_totals`` for a file without downloads.
    vars(file).update(download_count=0, last_downloaded_at=None)
    return FileSerializer(file, context=dict(context)).data


@cache
def _keeps_values(model: type[AbstractFile]) -> bool:
    """Return whether a model has Django's ``save`` and the base's types of columns."""
    columns = {each.name: type(each) for each in AbstractFile._meta.get_fields()}
    own = {name: type(model._meta.get_field(name)) for name in columns}
    return model.save is Model.save and own == columns
