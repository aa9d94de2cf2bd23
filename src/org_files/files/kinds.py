"""Kinds of files, as people name them, by content type."""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

#: Types of documents beside ``text/*``. One that ends with a dot begins the names of several.
DOCUMENTS = (
    "application/epub+zip",
    "application/msword",
    "application/pdf",
    "application/rtf",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.oasis.opendocument.",
    "application/vnd.openxmlformats-officedocument.",
)


class Kind(TextChoices):
    """Kinds of files that lists are filtered by."""

    PICTURE = "picture", _("Pictures")
    DOCUMENT = "document", _("Documents")
    AUDIO = "audio", _("Audio")
    VIDEO = "video", _("Video")
    OTHER = "other", _("Other files")


#: The texts that content types of a kind begin with.
BEGINNINGS: dict[Kind, tuple[str, ...]] = {
    Kind.PICTURE: ("image/",),
    Kind.DOCUMENT: ("text/", *DOCUMENTS),
    Kind.AUDIO: ("audio/",),
    Kind.VIDEO: ("video/",),
}


def kind_of(content_type: str) -> Kind:
    """Return the kind of files of a content type."""
    found = (kind for kind, texts in BEGINNINGS.items() if content_type.startswith(texts))
    return next(found, Kind.OTHER)


def of_kind(kind: Kind) -> Q:
    """Return the condition of files of a kind."""
    if kind is Kind.OTHER:
        return ~_begins(text for texts in BEGINNINGS.values() for text in texts)
    return _begins(BEGINNINGS[kind])


def _begins(texts: Iterable[str]) -> Q:
    return reduce(or_, (Q(content_type__startswith=text) for text in texts))
