"""The code that the documentation prints, taken out of its pages."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"

DIRECTIVE = re.compile(
    r"^\.\. (code-block|literalinclude):: (\S+)\n"
    r"(?P<options>(?:   :[a-z-]+: .+\n)*)(?P<body>(?:(?:   .*)?(?:\n|\Z))*)",
    re.M,
)
OPTION = re.compile(r":([a-z-]+): (.+)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


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
    def caption(self):
        return self.options.get("caption", "")

    def __str__(self):
        return f"{self.page}:{self.line}"


def pages():
    """All pages of the documentation, and the one that stands before it."""
    return [*sorted(p for p in DOCS.rglob("*.rst") if "_build" not in p.parts), README]


def blocks_of(page):
    """The blocks of a page in the order in which a reader meets them."""
    name, text = page.relative_to(ROOT).as_posix(), page.read_text(encoding="utf-8")
    is_markdown = page.suffix == ".md"
    blocks = []
    for match in (FENCE if is_markdown else DIRECTIVE).finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if is_markdown:
            blocks.append(Block(name, line, match[1], match[2]))
            continue
        kind, argument = match.groups()[:2]
        options = dict(OPTION.findall(match["options"]))
        if kind == "literalinclude":
            source = (page.parent / argument).resolve()
            included = source.read_text(encoding="utf-8")
            language = options.get("language", "python")
            blocks.append(Block(name, line, language, included, options, source))
        else:
            body = dedent(match["body"]).strip("\n") + "\n"
            blocks.append(Block(name, line, argument, body, options))
    return blocks


def commands_of(block):
    """The commands of a console block, each with the output that the page prints below it."""
    commands = []
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
