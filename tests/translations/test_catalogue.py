"""The catalogues hold every text, translated, and nothing else."""

import re
from gettext import GNUTranslations
from importlib import import_module
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

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


def test_russian__is_there():
    assert "ru" in languages()


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

    def test_translation__begins_and_ends_as_its_text_does(self, language):
        for text, translation in pairs(language):
            assert text[0].isupper() == translation[0].isupper(), text
            assert text.endswith(".") == translation.endswith("."), text
            assert translation == translation.strip(), text
            assert "  " not in translation, text

    def test_texts__need_no_change(self, language):
        assert meaning(as_mo(stored(language))) == meaning(as_mo(merged(language))), COMMAND

    def test_compiled_file__says_what_the_texts_say(self, language):
        compiled = file_of(language, ".mo").read_bytes()
        assert meaning(compiled) == meaning(as_mo(merged(language))), COMMAND

    def test_plural_forms__are_chosen_as_the_language_does(self, language):
        compiled = GNUTranslations(BytesIO(as_mo(merged(language))))
        for message in stored(language):
            if message.pluralizable:
                forms = [compiled.ngettext(*message.id, number) for number in range(200)]
                assert set(forms) == set(message.string)


RULE = re.compile(r'^"Plural-Forms: .*"$', re.M)


def compiled_with(change):
    """The Russian catalogue, compiled after a change of the ``.po`` file's text."""
    text = file_of("ru", ".po").read_text(encoding="utf-8")
    changed = change(text)
    assert changed != text
    return as_mo(read_po(BytesIO(changed.encode())))


def rule(plural):
    line = f'"Plural-Forms: nplurals=3; plural={plural};\\n"'
    return lambda text: RULE.sub(lambda match: line, text)


def test_meaning__is_the_same_for_a_plural_rule_that_is_written_in_another_way():
    few = "n%10>1 && n%10<5 && (n%100<11 || n%100>14)"
    same = compiled_with(rule(f"(n%100!=11 && n%10==1) ? 0 : {few} ? 1 : 2"))
    assert same != as_mo(stored("ru"))
    assert meaning(same) == meaning(as_mo(stored("ru")))


@pytest.mark.parametrize(
    "change",
    [
        rule("n==1 ? 0 : n<5 ? 1 : 2"),
        lambda text: text.replace('msgstr "файл"', 'msgstr "дело"'),
        lambda text: text.replace("символа.", "знака."),
        lambda text: re.sub(r'msgid "file"\nmsgstr ".*"\n', "", text),
    ],
    ids=["plural rule", "text", "plural form", "missing text"],
)
def test_meaning__is_another_one_in_a_catalogue_that_is_out_of_date(change):
    assert meaning(compiled_with(change)) != meaning(as_mo(stored("ru")))


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


@pytest.mark.parametrize("package", ["django", "rest_framework", "django_filters"])
@pytest.mark.parametrize("language", languages())
def test_texts_that_others_have_too__are_translated_as_there(package, language):
    """Django knows one translation of a text, and takes that of the first app installed."""
    ours = {
        message.id: message.string
        for message in stored(language)
        if message.id and not message.context and not message.pluralizable
    }
    folder = Path(import_module(package).__file__).parent
    for path in folder.rglob(f"locale/{language}*/LC_MESSAGES/django.mo"):
        theirs = GNUTranslations(BytesIO(path.read_bytes()))
        for text, translation in ours.items():
            assert theirs.gettext(text) in (text, translation), path


@pytest.mark.parametrize("package", ADOPTED)
def test_texts_of_other_packages__are_said_by_them(package):
    """Where they change, ours have to follow."""
    folder = Path(import_module(package).__file__).parent
    said = {message.id for message in extracted(folder)}
    assert set(ADOPTED[package]) - said == set()


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


def test_catalogue_of_the_package__is_the_only_one():
    """The texts of accounts are in it too: whoever installs that app has this one."""
    assert list(PACKAGE.rglob("locale")) == [LOCALE]
