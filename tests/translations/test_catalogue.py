"""The catalogues hold every text, translated, and nothing else."""

import re
from gettext import GNUTranslations
from importlib import import_module
from io import BytesIO
from pathlib import Path

import pytest

from tests.translations.catalogue import (
    ADOPTED,
    LOCALE,
    PACKAGE,
    as_mo,
    extracted,
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


def pairs(language):
    """Each text with each of its translations."""
    for message in stored(language):
        if message.id:
            ids = message.id if message.pluralizable else [message.id]
            strings = message.string if message.pluralizable else [message.string]
            for string in strings:
                yield ids[-1], string


def test_package__has_one_catalogue_of_each_language():
    assert "ru" in languages()
    assert list(PACKAGE.rglob("locale")) == [LOCALE]


def test_extraction__finds_what_the_package_says():
    assert {"file", "The file store is full.", "Takes one file at a time."} <= {
        message.id for message in extracted()
    }
    assert ("admin", "role") in keys(source())
    assert (("At most %(limit)d character.", "At most %(limit)d characters."), None) in keys(
        source()
    )


@pytest.mark.parametrize("language", languages())
class TestCatalogue:
    def test_texts__are_those_of_the_source(self, language):
        assert keys(stored(language)) == keys(source()), COMMAND

    def test_texts__are_all_translated(self, language):
        assert untranslated(stored(language)) == []

    def test_translations__are_certain_and_in_use(self, language):
        catalogue = stored(language)
        assert [message.id for message in catalogue if message.fuzzy] == []
        assert list(catalogue.obsolete) == []

    def test_placeholders__are_those_of_the_text(self, language):
        for text, translation in pairs(language):
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(translation))

    def test_texts__need_no_change(self, language):
        assert meaning(as_mo(stored(language))) == meaning(as_mo(merged(language))), COMMAND

    def test_compiled_file__says_what_the_texts_say(self, language):
        compiled = file_of(language, ".mo").read_bytes()
        assert meaning(compiled) == meaning(as_mo(merged(language))), COMMAND


def test_russian_numbers__are_inflected():
    translations = GNUTranslations(BytesIO(file_of("ru", ".mo").read_bytes()))
    texts = ("At most %(limit)d character.", "At most %(limit)d characters.")
    said = {number: translations.ngettext(*texts, number) for number in (1, 2, 11, 21, 256)}
    assert {number: text.split()[-1] for number, text in said.items()} == {
        1: "символа.",
        2: "символов.",
        11: "символов.",
        21: "символа.",
        256: "символов.",
    }


@pytest.mark.parametrize("language", languages())
def test_texts_that_others_have_too__are_translated_as_there(language):
    """Django knows one translation of a text, and takes that of the first app installed."""
    ours = {
        message.id: message.string
        for message in stored(language)
        if message.id and not message.context and not message.pluralizable
    }
    for package in ("django", "rest_framework", "django_filters"):
        folder = Path(import_module(package).__file__).parent
        for path in folder.rglob(f"locale/{language}*/LC_MESSAGES/django.mo"):
            theirs = GNUTranslations(BytesIO(path.read_bytes()))
            for text, translation in ours.items():
                assert theirs.gettext(text) in (text, translation), path


def test_texts_of_other_packages__are_still_theirs():
    for package, texts in ADOPTED.items():
        folder = Path(import_module(package).__file__).parent
        assert {*texts} <= {message.id for message in extracted(folder)}, package


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
