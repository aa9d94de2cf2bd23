"""``python -m tests.translations [language ...]``: catalogues from the source, compiled.

All that there are, unless some are named; one that is new is begun.
"""

import sys

from tests.translations.catalogue import languages, untranslated, update

for language in sys.argv[1:] or languages():
    catalogue = update(language)
    missing = untranslated(catalogue)
    print(f"{language}: {len(catalogue)} texts, {len(missing)} without a translation")
    for text in missing:
        print(f"    {text!r}")
