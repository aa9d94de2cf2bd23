"""compose.yaml of the example project, as Compose would read it."""

import re

import yaml

from tests.servers.site import EXAMPLE_PROJECT

TEXT = (EXAMPLE_PROJECT / "compose.yaml").read_text(encoding="utf-8")
DOCUMENT = yaml.safe_load(TEXT)
#: A dollar for itself, or a variable with what stands for it where it is not set, or is needed.
VARIABLE = re.compile(r"\$(?:(\$)|\{([A-Z0-9_]+)(?::([-?])([^}]*))?\})")


def filled_in(value, given):
    """``value`` with its variables replaced by those of ``given``."""
    if isinstance(value, dict):
        return {key: filled_in(item, given) for key, item in value.items()}
    if isinstance(value, list):
        return [filled_in(item, given) for item in value]
    if not isinstance(value, str):
        return value
    return VARIABLE.sub(lambda match: match[1] or given.get(match[2]) or match[4] or "", value)


def services(given):
    """The services of compose.yaml by name, with variables filled in."""
    return filled_in(DOCUMENT["services"], given)
