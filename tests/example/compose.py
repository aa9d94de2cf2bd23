"""What compose.yaml of the example project says, as Compose would read it."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.servers.site import EXAMPLE_PROJECT

COMPOSE = EXAMPLE_PROJECT / "compose.yaml"

#: A dollar for itself, or a variable with what stands for it where it is not set, or is needed.
VARIABLE = re.compile(r"\$(?:(\$)|\{([A-Z_]+)(?::([-?])([^}]*))?\})")


class VariableMissing(Exception):
    """A variable that has to be set is not, or is empty."""


def variables() -> dict[str, str]:
    """The variables that compose.yaml reads, each with its operator and what follows that."""
    text = COMPOSE.read_text(encoding="utf-8")
    return {name: f"{operator}{rest}" for _, name, operator, rest in VARIABLE.findall(text) if name}


def filled_in(value: Any, given: Mapping[str, str]) -> Any:
    """``value`` with its variables replaced by those of ``given``."""
    if isinstance(value, dict):
        return {key: filled_in(item, given) for key, item in value.items()}
    if isinstance(value, list):
        return [filled_in(item, given) for item in value]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        dollar, name, operator, rest = match.groups()
        if dollar:
            return "$"
        if found := given.get(name, ""):
            return found
        if operator == "?":
            raise VariableMissing(f"{name}: {rest}")
        return rest or ""

    return VARIABLE.sub(replace, value)


def read() -> dict[str, Any]:
    """compose.yaml, with its variables as they are written."""
    document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return document


def services(given: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The services of compose.yaml by name, with variables filled in."""
    found: dict[str, dict[str, Any]] = filled_in(read()["services"], given)
    return found
