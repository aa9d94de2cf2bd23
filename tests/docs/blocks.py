"""The code that the documentation prints, taken out of its pages."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"

DIRECTIVE = re.compile(r"\.\. (code-block|literalinclude):: (\S+)$")
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
    #: The file that a page includes instead of printing code of its own.
    source: Path | None = None

    @property
    def caption(self) -> str:
        return self.options.get("caption", "")

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """All pages of the documentation, and the one that stands before it."""
    return [*sorted(p for p in DOCS.rglob("*.rst") if "_build" not in p.parts), README]


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page in the order in which a reader meets them."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return (_fenced if page.suffix == ".md" else _directives)(page, lines)


def _directives(page: Path, lines: list[str]) -> list[Block]:
    name = page.relative_to(ROOT).as_posix()
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
            if match[1] == "literalinclude":
                source = (page.parent / match[2]).resolve()
                text = source.read_text(encoding="utf-8")
                blocks.append(Block(name, number + 1, "python", text, options, source))
            else:
                text = dedent("\n".join(body)).strip("\n") + "\n"
                blocks.append(Block(name, number + 1, match[2], text, options))
    return blocks


def _fenced(page: Path, lines: list[str]) -> list[Block]:
    name = page.relative_to(ROOT).as_posix()
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
