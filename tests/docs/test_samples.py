"""Every Python sample of the documentation runs, as it is printed and in the order of its page."""

import doctest
import re
import sys
from types import ModuleType

import pytest
from celery import current_app
from django.core.checks import run_checks
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import RequestFactory

from org_files import events, maintenance
from org_files.models import Role
from org_files.signals import file_downloaded, file_stored
from org_files.testing.factories import join, make_organization, make_stored_file, make_user
from tests.docs.blocks import README, ROOT, blocks_of, commands_of, pages
from tests.docs.runs import NOT_RUN, WALKED, is_run, is_sample, reason_not_to_run

SAMPLES = {
    page.relative_to(ROOT).as_posix(): blocks
    for page in pages()
    if (blocks := [block for block in blocks_of(page) if is_sample(block)])
}
#: What shows no code, and what shows code that blocks_of finds.
DIRECTIVES = {
    *("autoattribute", "autoclass", "autodata", "autoexception", "autofunction", "automethod"),
    *("automodule", "code-block", "image", "include", "list-table", "literalinclude", "toctree"),
    *("py:class", "py:data", "py:module", "py:property"),
}
#: What a page may include: hosts that the suite runs as they are.
HOSTS = ROOT / "tests/hosts"


@pytest.fixture
def _signals():
    """Undo what a sample connects or registers; keep the database open."""
    request_finished.disconnect(close_old_connections)
    before = [(signal, signal.receivers[:]) for signal in (file_downloaded, file_stored)]
    jobs, registered = dict(maintenance.JOBS), dict(events.EVENTS)
    celery_app = current_app._get_current_object()
    yield
    celery_app.set_current()
    maintenance.JOBS.clear()
    maintenance.JOBS.update(jobs)
    events.EVENTS.clear()
    events.EVENTS.update(registered)
    request_finished.connect(close_old_connections)
    for signal, receivers in before:
        signal.receivers[:] = receivers
        signal.sender_receivers_cache.clear()


@pytest.fixture
def site(settings, tmp_path):
    """Names of the pages: Alice, an admin of Acme, Bob, a member, and a file of Alice's."""
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
def test_python_samples__run_and_answer_what_is_printed(page, site, settings, monkeypatch):
    for block in SAMPLES[page]:
        if block.language == "pycon":
            check_session(block, site)
            continue
        before = {name: value for name, value in site.items() if name.isupper()}
        if block.caption:
            module = ModuleType(block.caption.removesuffix(".py").replace("/", "."))
            # Importable, in a package of a site.
            package = module.__name__.rpartition(".")[0]
            monkeypatch.setitem(sys.modules, module.__name__, module)
            monkeypatch.setitem(sys.modules, package, ModuleType(package))
            execute(block, vars(module))
            site.update({k: v for k, v in vars(module).items() if not k.startswith("__")})
        else:
            execute(block, site)
        check_settings(block, site, before, settings)


def execute(block, namespace):
    exec(compile("\n" * block.line + block.text, block.page, "exec"), namespace)


def check_session(block, namespace):
    test = doctest.DocTestParser().get_doctest(block.text, {}, str(block), block.page, block.line)
    assert test.examples, f"{block}: nothing is typed here"
    test.globs = namespace
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    said = []
    runner.run(test, out=said.append, clear_globs=False)
    assert not said, "".join(said)


def check_settings(block, site, before, settings):
    """System checks find nothing in settings that ``block`` wrote. Databases are not changed."""
    written = {name for name in site if name.isupper() and site[name] is not before.get(name)}
    checked = written & {"ORG_FILES", "STORAGES", "REST_FRAMEWORK"}
    for name in checked:
        setattr(settings, name, site[name])
    assert not checked or not run_checks(tags=["org_files"]), block


def test_every_block_of_every_page__is_run_or_has_a_reason_not_to_be():
    blocks = [block for page in pages() for block in blocks_of(page)]

    assert len(blocks) > 100
    assert [str(block) for block in blocks if not is_run(block)] == []
    assert {reason_not_to_run(block) for block in blocks} - {None} == {*NOT_RUN.values()}
    assert {block.page for block in blocks} >= WALKED | {page for page, _ in NOT_RUN}
    # The suites of hosts run the Python that pages include.
    sources = [block.source for block in blocks if block.source and block.language == "python"]
    assert sources
    assert [source for source in sources if HOSTS not in source.parents] == []
    counting = [block for block in blocks if block.page == "docs/counting.rst"]
    [crontab] = [block.text for block in counting if block.language == "text"]
    typed = [command for b in counting if b.language == "console" for command, _ in commands_of(b)]
    assert crontab.partition(".venv/bin/")[2].strip() in typed


def test_extraction__sees_every_code_block():
    for page in pages():
        text = page.read_text(encoding="utf-8")
        if page == README:
            assert len(blocks_of(page)) == len(re.findall(r"^```", text, re.M)) / 2
            continue
        found = re.findall(r"^ *\.\. ([\w:-]+)::", text, re.M)
        assert set(found) <= DIRECTIVES, page
        code = [name for name in found if name in ("code-block", "literalinclude")]
        assert len(blocks_of(page)) == len(code), page
        # A paragraph that ends in two colons begins a block without a language.
        assert not re.search(r"^(?! *\.\. ).*::$", text, re.M), page
