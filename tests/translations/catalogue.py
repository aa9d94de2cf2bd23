"""Catalogues of translations: extracted from the source and compiled, by Babel alone."""

from copy import deepcopy
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract, extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "src" / "org_files"
LOCALE = PACKAGE / "locale"

# Django's names for what is translated when it is shown.
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

HEADERS = {
    "Language",
    "Plural-Forms",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
}

#: What our API answers in the words of other packages, and these leave in English: by package.
#: simplejwt's translations only count where the site has it in INSTALLED_APPS, which few have to.
ADOPTED = {
    "rest_framework": [
        "Must be a valid boolean.",
        "Not a valid string.",
        "Surrogate characters are not allowed: U+{code_point:X}.",
        "Expected available in {wait} second.",
        "Expected available in {wait} seconds.",
    ],
    "rest_framework_simplejwt": [
        "Authorization header must contain two space-delimited values",
        "Given token not valid for any token type",
        "The user's password has been changed.",
        "Token contained no recognizable user identification",
        "Token has no id",
        "Token has wrong type",
        "Token is blacklisted",
        "Token is expired",
        "Token is invalid",
        "Token is invalid or expired",
        "User is inactive",
        "User not found",
    ],
}


class Catalogue(Catalog):
    """A catalogue without dates and names of tools in its header."""

    @property
    def mime_headers(self):  # type: ignore[override]
        return [(name, value) for name, value in super().mime_headers if name in HEADERS]


def languages():
    """Return the languages that there are catalogues of."""
    return sorted(path.parent.parent.name for path in LOCALE.glob("*/LC_MESSAGES/django.po"))


def file_of(language, suffix):
    """Return the path of a catalogue, ``.po`` or ``.mo``."""
    return LOCALE / language / "LC_MESSAGES" / f"django{suffix}"


@cache
def extracted():
    """Return the texts marked in the files of the package, each with the file it is in."""
    found = extract_from_dir(
        PACKAGE, [("**.py", "python")], keywords=KEYWORDS, comment_tags=["Translators:"]
    )
    messages = [
        Message(texts, locations=[(name, 0)], auto_comments=comments, context=context)
        for name, _line, texts, comments, context in sorted(found, key=lambda item: item[:2])
    ]
    for path in sorted(PACKAGE.rglob("*.html")):
        place = (path.relative_to(PACKAGE).as_posix(), 0)
        code = templatize(path.read_text(encoding="utf-8"), origin=place[0])
        texts = extract("python", BytesIO(code.encode()), keywords=KEYWORDS)
        messages += [
            Message(text, locations=[place], context=context)
            for _line, text, _comments, context in texts
        ]
    return messages


def source():
    """Return every text that a catalogue has to have, without translations."""
    catalogue = Catalogue(fuzzy=False)
    found = list(extracted())
    for package, texts in ADOPTED.items():
        found += [Message(text, auto_comments=[f"Of {package}."]) for text in texts]
    for message in found:
        # The catalogue joins the places of one text.
        catalogue[message.id] = deepcopy(message)
    return catalogue


def stored(language):
    """Return the catalogue of the ``.po`` file, empty where there is none."""
    path = file_of(language, ".po")
    if not path.exists():
        return Catalog(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def merged(language):
    """Return every text of the source, with the translation that the ``.po`` file has of it."""
    before = stored(language)
    catalogue = Catalogue(
        language,
        header_comment="# Brought up to date by `python -m tests.translations`.",
        fuzzy=False,
    )
    for message in source():
        if not message.id:
            continue
        known = before.get(message.id, message.context)
        if known is not None and known.pluralizable == message.pluralizable:
            message.string = known.string
            message.user_comments = known.user_comments
        catalogue[message.id] = message
    return catalogue


def as_mo(catalogue):
    """Return a ``.mo`` file."""
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def meaning(compiled):
    """Return the translations in a ``.mo`` file by text, which no release of Babel changes."""
    return {(m.context, str(m.id)): m.string for m in read_mo(BytesIO(compiled)) if m.id}


def untranslated(catalogue):
    """Return the texts that lack a translation, or one of its plural forms."""
    missing = []
    for message in catalogue:
        strings = message.string if isinstance(message.string, (tuple, list)) else [message.string]
        wanted = catalogue.num_plurals if message.pluralizable else 1
        if message.id and (len(strings) != wanted or not all(strings)):
            missing.append(message.id[0] if message.pluralizable else message.id)
    return missing


def update(language):
    """Write the ``.po`` file anew from the source, translations kept, and compile it."""
    catalogue = merged(language)
    path = file_of(language, ".po")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=0, sort_by_file=True, include_lineno=False)
    file_of(language, ".mo").write_bytes(as_mo(merged(language)))
    return catalogue
