"""Settings of the pages: the key ``WEB`` of ``ORG_FILES``."""

from collections.abc import Mapping
from typing import Any

from org_files.conf import register, text

#: The template that ours extend, and its name in contexts.
DOCUMENT = "org_files_web/document.html"

DEFAULTS = {"BASE_TEMPLATE": DOCUMENT}


def _clean(value: Any) -> Mapping[str, str]:
    if not isinstance(value, Mapping) or value.keys() - DEFAULTS.keys():
        raise ValueError(value)
    return DEFAULTS | {key: text(item) for key, item in value.items()}


web = register("WEB", {}, _clean, 'a dictionary like {"BASE_TEMPLATE": "base.html"}')


def base_template() -> str:
    """Return the name of the template that the pages extend."""
    return web()["BASE_TEMPLATE"]
