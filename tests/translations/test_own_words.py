"""A site says something else, by a catalogue of its own, as docs/translations.rst has it."""

import re

import pytest
from babel.messages.catalog import Catalog
from django.utils import translation

from org_files.exceptions import FileTooLarge
from org_files.models import Role
from tests.translations.catalogue import ROOT, as_mo

PAGE = ROOT / "docs" / "translations.rst"


@pytest.fixture
def say(settings, tmp_path):
    """Put texts into the catalogue of the site for one language."""

    def put(language, *texts):
        catalogue = Catalog(language)
        for text, said, context in texts:
            catalogue.add(text, said, context=context)
        path = tmp_path / language / "LC_MESSAGES" / "django.mo"
        path.parent.mkdir(parents=True)
        path.write_bytes(as_mo(catalogue))
        settings.LOCALE_PATHS = [tmp_path]

    return put


def test_words_of_the_page__are_said_instead_of_ours(say):
    page = PAGE.read_text(encoding="utf-8")
    [(text, said)] = re.findall(r'``msgid "(.+)"``\n\| ``msgstr "(.+)"``', page)
    say("ru", (text, said, None))
    with translation.override("ru"):
        assert str(FileTooLarge()) == said


def test_context__is_part_of_a_text(say):
    say("ru", ("viewer", "зритель", "role"), ("member", "член", None))
    with translation.override("ru"):
        assert Role.VIEWER.label == "зритель"
        assert Role.MEMBER.label == "участник"


def test_english__can_be_said_otherwise_too(say):
    say("en", ("The file is larger than this site accepts.", "Too much.", None))
    with translation.override("en"):
        assert str(FileTooLarge()) == "Too much."


def test_language_that_the_package_has_not__can_be_added(say):
    say("eo", ("The file is larger than this site accepts.", "Tro granda.", None))
    with translation.override("eo"):
        assert str(FileTooLarge()) == "Tro granda."


def test_schema__is_in_our_words_all_the_same(say):
    from tests.rest.openapi.contract import generate

    before = generate()
    say("en", ("The file is larger than this site accepts.", "Too much.", None))
    with translation.override("en"):
        assert generate() == before
