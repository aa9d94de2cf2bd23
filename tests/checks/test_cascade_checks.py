"""Foreign keys by which the database itself deletes files: a warning on Django 6.1 or later."""

from __future__ import annotations

import django
from django.db import models

from tests.checks.conftest import Site

FILE = 'ORG_FILES_FILE_MODEL = "shop.Document"\n'

#: On Django before 6.1 the site is the same, but for keys that Django cascades itself.
SOURCE = """
from django.conf import settings

CASCADE = getattr(models, "DB_CASCADE", models.CASCADE)
SET_NULL = getattr(models, "DB_SET_NULL", models.SET_NULL)


class Folder(models.Model):
    parent = models.ForeignKey("self", CASCADE, null=True)


class Document(AbstractFile):
    organization = models.ForeignKey(settings.ORG_FILES_ORGANIZATION_MODEL, CASCADE)
    folder = models.ForeignKey(Folder, CASCADE, null=True)
    shelf = models.ForeignKey(Folder, SET_NULL, null=True, related_name="+")


class Note(models.Model):
    document = models.ForeignKey(Document, CASCADE)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, CASCADE)


class Scan(Document):
    document_ptr = models.OneToOneField(Document, CASCADE, parent_link=True, primary_key=True)
"""


def test_key_to_or_on_the_file_model_that_the_database_cascades__is_w010(site: Site) -> None:
    found = site.messages(SOURCE, FILE)

    keys = {text.partition(" ")[0] for _check, text, _hint in found}
    assert {check for check, _text, _hint in found} <= {"org_files.W010"}
    if django.VERSION < (6, 1):
        assert keys == set()
    else:
        assert keys == {
            "shop.Document.organization",
            "shop.Document.folder",
            "shop.Note.document",
            "shop.Scan.document_ptr",
        }
        assert {hint for _check, _text, hint in found} == {"on_delete=models.CASCADE"}


def test_django__has_database_cascades_since_6_1() -> None:
    assert hasattr(models, "DB_CASCADE") == (django.VERSION >= (6, 1))
