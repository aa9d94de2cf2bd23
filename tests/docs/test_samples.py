"""Every Python sample of the documentation runs, as it is printed and in the order of its page."""

import doctest
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import RequestFactory

from org_files.models import Role
from org_files.signals import file_downloaded, file_stored
from tests.docs.blocks import ROOT, Block, blocks_of, pages
from tests.factories import join, make_organization, make_stored_file, make_user

# Their blocks are files of a project, which test_tutorial.py makes.
FOLLOWED = {"tutorial.rst", "models.rst"}
SAMPLES = {
    page.relative_to(ROOT).as_posix(): blocks
    for page in [*pages(), ROOT / "README.md"]
    if page.name not in FOLLOWED
    and (blocks := [b for b in blocks_of(page) if b.language in ("python", "pycon")])
}
LANGUAGES = {"python", "pycon", "console", "text", ""}


@pytest.fixture
def _signals() -> Iterator[None]:
    """Receivers that a sample connects go with the test; a response's end leaves the database."""
    request_finished.disconnect(close_old_connections)
    before = [(signal, signal.receivers[:]) for signal in (file_downloaded, file_stored)]
    yield
    request_finished.connect(close_old_connections)
    for signal, receivers in before:
        signal.receivers[:] = receivers
        signal.sender_receivers_cache.clear()


@pytest.fixture
def site(settings: Any, tmp_path: Path) -> dict[str, Any]:
    """What the pages speak of: Alice, an admin of Acme, Bob, a member, and a file of Alice's."""
    alice, bob, acme = make_user("alice"), make_user("bob"), make_organization("Acme")
    join(acme, alice, Role.ADMIN)
    join(acme, bob)
    request = RequestFactory().get("/")
    request.user = alice
    return {
        "alice": alice,
        "bob": bob,
        "acme": acme,
        "file": make_stored_file(acme, alice),
        "request": request,
        "BASE_DIR": tmp_path,
        "DEBUG": False,
        "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}},
        "INSTALLED_APPS": list(settings.INSTALLED_APPS),
    }


@pytest.mark.django_db
@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize("page", SAMPLES)
def test_python_samples__run_and_answer_what_is_printed(
    page: str, site: dict[str, Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for block in SAMPLES[page]:
        if block.language == "pycon":
            check_session(block, site)
            continue
        before = {name: value for name, value in site.items() if name.isupper()}
        if block.caption:
            module = ModuleType(block.caption.removesuffix(".py").replace("/", "."))
            import_as(module, monkeypatch)
            execute(block, vars(module))
            site.update({k: v for k, v in vars(module).items() if not k.startswith("__")})
        else:
            execute(block, site)
        check_settings(block, site, before, settings)


def execute(block: Block, namespace: dict[str, Any]) -> None:
    exec(compile("\n" * block.line + block.text, block.page, "exec"), namespace)


def import_as(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``module`` be imported, in a package of a site."""
    package, _, _ = module.__name__.rpartition(".")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(sys.modules, package, ModuleType(package))


def check_session(block: Block, namespace: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, {}, str(block), block.page, block.line)
    assert test.examples, f"{block}: nothing is typed here"
    test.globs = namespace
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    said: list[str] = []
    runner.run(test, out=said.append, clear_globs=False)
    assert not said, "".join(said)


def check_settings(
    block: Block, site: dict[str, Any], before: dict[str, Any], settings: Any
) -> None:
    """System checks find nothing in settings that ``block`` wrote. Databases are not changed."""
    written = {name for name in site if name.isupper() and site[name] is not before.get(name)}
    for name in written & {"ORG_FILES", "STORAGES", "REST_FRAMEWORK"}:
        setattr(settings, name, site[name])
        assert not run_checks(tags=["org_files"]), f"{block}: {name}"


def test_code_of_every_page__is_in_a_language_that_is_run_or_is_plain_text() -> None:
    blocks = [block for page in [*pages(), ROOT / "README.md"] for block in blocks_of(page)]
    assert len(blocks) > 40
    assert {block.language for block in blocks} <= LANGUAGES
    # What other directives would show escapes the tests.
    for page in pages():
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"^(?! *\.\. ).*::$|^\.\. (code|doctest)::", text, re.M)
        for included in re.findall(r"^ *\.\. literalinclude:: (.*)$", text, re.M):
            assert included.startswith("../tests/hosts/")  # which the suite runs as they are


def test_console_blocks__are_those_that_a_reader_follows() -> None:
    console = {p.name for p in pages() if any(b.language == "console" for b in blocks_of(p))}

    assert console == {"tutorial.rst", "models.rst", "http-api.rst", "counting.rst"}


def test_extraction__sees_every_code_block() -> None:
    for page in pages():
        directives = page.read_text(encoding="utf-8").count(".. code-block::")
        assert len(blocks_of(page)) == directives, page


def test_samples__that_answer_something_else__fail() -> None:
    block = Block("page.rst", 1, "pycon", ">>> 1 + 1\n3\n")

    with pytest.raises(AssertionError, match="Expected"):
        check_session(block, {})
