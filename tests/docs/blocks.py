"""The code that the documentation prints, taken out of its pages."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

DIRECTIVE = re.compile(r"\.\. code-block:: (\S+)$")
OPTION = re.compile(r"   :([a-z-]+): (.+)$")
FENCE = re.compile(r"```(\w*)$")


@dataclass(frozen=True)
class Block:
    """One block of code: where it stands, in which language, and what it says."""

    page: str
    line: int
    language: str
    text: str
    options: dict[str, str] = field(default_factory=dict)

    @property
    def caption(self) -> str:
        return self.options.get("caption", "")

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    return sorted(path for path in DOCS.rglob("*.rst") if "_build" not in path.parts)


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page in the order in which a reader meets them."""
    lines = page.read_text(encoding="utf-8").splitlines()
    name = page.relative_to(ROOT).as_posix()
    return (_fenced if page.suffix == ".md" else _directives)(name, lines)


def _directives(name: str, lines: list[str]) -> list[Block]:
    blocks = []
    for number, line in enumerate(lines):
        if match := DIRECTIVE.match(line):
            rest = iter(lines[number + 1 :])
            options = {}
            for line in rest:
                if not (option := OPTION.match(line)):
                    break
                options[option[1]] = option[2]
            body = []
            for line in rest:
                if line and not line.startswith("   "):
                    break
                body.append(line)
            text = dedent("\n".join(body)).strip("\n") + "\n"
            blocks.append(Block(name, number + 1, match[1], text, options))
    return blocks


def _fenced(name: str, lines: list[str]) -> list[Block]:
    blocks = []
    rest = enumerate(lines, start=1)
    for number, line in rest:
        if match := FENCE.match(line):
            body = []
            for _, line in rest:
                if line == "```":
                    break
                body.append(line)
            blocks.append(Block(name, number, match[1], "\n".join(body) + "\n"))
    return blocks


def commands_of(block: Block) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output that the page prints below it."""
    commands: list[tuple[str, str]] = []
    lines = iter(block.text.splitlines(keepends=True))
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\\n"):
                command += next(lines)
            commands.append((command.rstrip("\n"), ""))
        else:
            command, output = commands.pop()
            commands.append((command, output + line))
    return commands
