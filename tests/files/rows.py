"""Rows of files and their usage, and receivers of signals."""

from contextlib import contextmanager

from org_files import get_file_model
from org_files.models import Usage


def rows(**filters):
    return get_file_model()._base_manager.filter(**filters)


def used(organization):
    """Return bytes and files, as counted."""
    usage = Usage.objects.get(organization=organization.pk)
    assert usage.is_counted
    return usage.bytes_stored, usage.file_count


@contextmanager
def connected(signal, receiver):
    """Have ``receiver`` hear of the site's files."""
    signal.connect(receiver, sender=get_file_model())
    try:
        yield
    finally:
        signal.disconnect(receiver, sender=get_file_model())
