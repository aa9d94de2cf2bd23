"""The catalogues hold every text, translated, and nothing else; a site's own come first."""

import re
from gettext import GNUTranslations
from importlib import import_module
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.utils import translation

from org_files.exceptions import FileTooLarge
from org_files.models import Role
from tests.translations.catalogue import (
    ADOPTED,
    LOCALE,
    PACKAGE,
    ROOT,
    as_mo,
    file_of,
    languages,
    meaning,
    merged,
    source,
    stored,
    untranslated,
    update,
)

COMMAND = "bring it up to date with `python -m tests.translations`"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*[^}]*\}|`\w+`")


def keys(catalogue):
    return {(message.id, message.context) for message in catalogue if message.id}


def test_extraction__finds_what_the_package_says():
    assert languages() == ["ru"]
    assert list(PACKAGE.rglob("locale")) == [LOCALE]
    plural = ("At most %(limit)d character.", "At most %(limit)d characters.")
    texts = ("file", "The file store is full.", "Takes one file at a time.", plural)
    assert {("admin", "role"), *((text, None) for text in texts)} <= keys(source())


def test_catalogue__has_the_texts_of_the_source_translated_and_compiled():
    catalogue, wanted = stored("ru"), as_mo(merged("ru"))
    assert keys(catalogue) == keys(source()), COMMAND
    assert untranslated(catalogue) == []
    assert [message.id for message in catalogue if message.fuzzy] == []
    assert list(catalogue.obsolete) == []
    assert meaning(as_mo(catalogue)) == meaning(wanted), COMMAND
    assert meaning(file_of("ru", ".mo").read_bytes()) == meaning(wanted), COMMAND
    for message in filter(lambda message: message.id, catalogue):
        text = message.id[-1] if message.pluralizable else message.id
        for string in message.string if message.pluralizable else [message.string]:
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(string))


def test_russian_numbers__are_inflected():
    translations = GNUTranslations(BytesIO(file_of("ru", ".mo").read_bytes()))
    texts = ("At most %(limit)d character.", "At most %(limit)d characters.")
    said = {number: translations.ngettext(*texts, number).split()[-1] for number in (1, 2, 11, 21)}
    assert said == {1: "символа.", 2: "символов.", 11: "символов.", 21: "символа."}


def test_texts_that_others_have_too__are_translated_as_there():
    """Django knows one translation of a text, and takes that of the first app installed."""
    ours = {
        message.id: message.string
        for message in stored("ru")
        if message.id and not message.context and not message.pluralizable
    }
    for package in ("django", "rest_framework", "django_filters"):
        folder = Path(import_module(package).__file__).parent
        for path in folder.rglob("locale/ru*/LC_MESSAGES/django.mo"):
            theirs = GNUTranslations(BytesIO(path.read_bytes()))
            for text, translated in ours.items():
                assert theirs.gettext(text) in (text, translated), path


def test_texts_of_other_packages__are_still_theirs():
    for package, texts in ADOPTED.items():
        folder = Path(import_module(package).__file__).parent
        code = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
        literals = {text: {f'"{text}"', f"'{text}'"} for text in texts}
        assert [t for t, forms in literals.items() if not any(f in code for f in forms)] == []


@pytest.mark.sweep
def test_command__keeps_translations_and_drops_what_is_gone(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.translations.catalogue.LOCALE", tmp_path)
    update("ru")
    assert len(untranslated(stored("ru"))) == len(stored("ru")) > 100

    path = file_of("ru", ".po")
    text = path.read_text(encoding="utf-8")
    text = text.replace('msgid "users"\nmsgstr ""', 'msgid "users"\nmsgstr "пользователи"')
    path.write_text(text + '\nmsgid "gone"\nmsgstr "нет"\n', encoding="utf-8")
    update("ru")

    written = path.read_bytes()
    assert stored("ru").get("users").string == "пользователи"
    assert stored("ru").get("gone") is None
    compiled = BytesIO(file_of("ru", ".mo").read_bytes())
    assert GNUTranslations(compiled).gettext("users") == "пользователи"

    update("ru")
    assert path.read_bytes() == written


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


def test_words_of_the_site__replace_ours_as_the_page_has_it(say):
    page = (ROOT / "docs" / "translations.rst").read_text(encoding="utf-8")
    [(text, said)] = re.findall(r'``msgid "(.+)"``\n\| ``msgstr "(.+)"``', page)
    say("ru", (text, said, None), ("viewer", "зритель", "role"), ("member", "член", None))
    with translation.override("ru"):
        assert str(FileTooLarge()) == said
        # The context is part of a text.
        assert (Role.VIEWER.label, Role.MEMBER.label) == ("зритель", "участник")


@pytest.mark.parametrize("language", ["en", "eo"])
def test_english_and_a_new_language__can_be_written(say, language):
    say(language, ("The file is larger than this site accepts.", "Tro granda.", None))
    with translation.override(language):
        assert str(FileTooLarge()) == "Tro granda."
