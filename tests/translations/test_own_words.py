"""Catalogues of a site's own, whose texts replace ours, as docs/translations.rst has it."""

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


def test_words_of_the_page__replace_ours(say):
    page = PAGE.read_text(encoding="utf-8")
    [(text, said)] = re.findall(r'``msgid "(.+)"``\n\| ``msgstr "(.+)"``', page)
    say("ru", (text, said, None))
    with translation.override("ru"):
        assert str(FileTooLarge()) == said


def test_context__is_part_of_a_text(say):
    say("ru", ("viewer", "зритель", "role"), ("member", "член", None))
    with translation.override("ru"):
        assert (Role.VIEWER.label, Role.MEMBER.label) == ("зритель", "участник")


@pytest.mark.parametrize("language", ["en", "eo"])
def test_english_and_a_new_language__can_be_written(say, language):
    say(language, ("The file is larger than this site accepts.", "Tro granda.", None))
    with translation.override(language):
        assert str(FileTooLarge()) == "Tro granda."
