"""Lists of the pages, compared with the code: settings, routes, errors, checks, layers."""

import importlib
import inspect
import re
import tomllib

import pytest
from rest_framework import exceptions as drf
from rest_framework_simplejwt import authentication as simplejwt
from rest_framework_simplejwt.exceptions import InvalidToken

from org_files import conf
from org_files import exceptions as ours
from org_files.accounts import urls as accounts_urls
from org_files.accounts.base_user import AbstractEmailUser
from org_files.delivery.base import REFUSALS
from org_files.models import AbstractFile, AbstractOrganization
from org_files.rest import errors
from org_files.rest import urls as rest_urls
from org_files.rest.views import shared
from tests.docs.blocks import DOCS, ROOT, blocks_of, pages
from tests.servers.site import VARIABLES

# Whatever is in their __all__ is for sites to use.
WHOLLY_PUBLIC = (
    "org_files",
    "org_files.access",
    "org_files.admin",
    "org_files.counters",
    "org_files.delivery",
    "org_files.models",
    "org_files.signals",
    "org_files.storage",
)

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
PROSE = [ROOT / "CHANGELOG.md", *pages()]


def text_of(name):
    return (DOCS / name).read_text(encoding="utf-8")


def rows_of(name):
    """The rows of the list tables of a page: the text of each cell."""
    for row in re.split(r"^ +\* - |\n\n", text_of(name), flags=re.M):
        if "\n" in row and re.search(r"^ +- ", row, re.M):
            yield [cell.strip() for cell in re.split(r"^ +- ", row, flags=re.M)]


def literals(text):
    return set(re.findall(r"``([^`]+)``", text))


VERSIONS = {
    "Python": PROJECT["requires-python"].removeprefix(">="),
    **{
        name: version
        for name, _, version in (line.partition(">=") for line in PROJECT["dependencies"])
    },
}
#: How pages name what there is a version of.
NAMED = {
    "Python": r"Python (\d+\.\d+)",
    "Django": r"(?<!on )Django (\d+\.\d+)",
    "djangorestframework": r"Django REST framework (\d[\d.]*\d)",
}


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_versions_and_extras_named_in_a_page__are_those_of_the_project(page):
    text = " ".join(page.read_text(encoding="utf-8").split())
    extras = re.findall(r"django-org-files\[([a-z0-9,]+)\]", text)
    assert {*",".join(extras).split(",")} - {""} <= PROJECT["optional-dependencies"].keys()
    for name, pattern in NAMED.items():
        found = set(re.findall(pattern, text))
        assert found <= {VERSIONS[name]}
        # The first pages name all of them.
        assert found or page not in (ROOT / "README.md", DOCS / "index.rst")


def test_readme__names_the_two_commands_and_its_links_lead_somewhere():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "`python3 dev.py demo`" in readme
    assert "`python3 dev.py test`" in readme
    links = re.findall(r"\]\(([^)]+)\)", readme)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_layers_of_the_architecture_page__are_those_that_lint_holds_and_that_exist():
    [contract] = PYPROJECT["tool"]["importlinter"]["contracts"]
    [layers] = [
        b for b in blocks_of(DOCS / "architecture.rst") if b.options.get("name") == "layers"
    ]
    names = set(re.findall(r"\w+", layers.text))
    existing = {
        path.stem
        for path in (ROOT / "src/org_files").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem != "__init__"
    }

    assert layers.text.splitlines() == contract["layers"]
    described = set(re.findall(r"^``(\w+)``$", text_of("architecture.rst"), re.M))
    assert described == names == existing


def test_settings_page__has_every_key_with_its_default():
    page = text_of("settings.rst")
    [everything, *_] = [b for b in blocks_of(DOCS / "settings.rst") if b.language == "python"]
    namespace = {}
    exec(everything.text, namespace)

    defaults = {key: setting.default for key, setting in conf.SETTINGS.items()}
    assert namespace["ORG_FILES"] == defaults
    assert set(re.findall(r"^``([A-Z_]+)``\n~+$", page, re.M)) == defaults.keys()
    for setting, default in conf.SWAPPABLE_DEFAULTS.items():
        assert f'``{setting}``, default ``"{default}"``' in page


def documented_names():
    """The names that the reference describes, by module; ``*`` stands for all of them."""
    names = {}
    for page in sorted((DOCS / "reference").glob("*.rst")):
        module = ""
        lines = page.read_text(encoding="utf-8").splitlines()
        for line, following in zip(lines, [*lines[1:], ""], strict=True):
            match = re.match(r"\.\. (?:py:)?(\w+):: ([\w.]+)", line)
            if match is None:
                continue
            directive, name = match.groups()
            if directive in ("module", "automodule"):
                module = name
                names.setdefault(module, set())
                if following == "   :members:":
                    names[module].add("*")
            elif module:
                names[module].add(name.removeprefix(f"{module}."))
    return names


@pytest.mark.parametrize("module", WHOLLY_PUBLIC)
def test_reference__has_every_public_name_of_a_module(module):
    named = documented_names()[module]

    assert "*" in named or set(importlib.import_module(module).__all__) <= named


def test_names_of_the_reference__exist_and_say_what_they_are():
    for module, names in documented_names().items():
        public = importlib.import_module(module)
        own = [n for n, value in vars(public).items() if getattr(value, "__module__", "") == module]
        for name in getattr(public, "__all__", own) if "*" in names else names:
            documented = getattr(public, name)
            if inspect.isroutine(documented) or inspect.isclass(documented):
                assert documented.__doc__, f"{module}.{name}"
        described = [getattr(public, name) for name in names - {"*"}]
        for cls in filter(inspect.isclass, described):
            methods = [m for n, m in vars(cls).items() if n[0] != "_" and inspect.isfunction(m)]
            # The tests of a contract say by their names what they are about.
            methods = [m for m in methods if not m.__name__.startswith("test_")]
            # A method that overrides another one does what the other one says.
            methods = [m for m in methods if not hasattr(super(cls, cls), m.__name__)]
            assert [m for m in methods if not m.__doc__] == []


@pytest.mark.parametrize("model", [AbstractOrganization, AbstractFile, AbstractEmailUser])
def test_reference__has_every_column_of_a_base(model):
    page = "accounts" if model is AbstractEmailUser else "models"
    entry = re.search(
        rf"class:: (?:[\w.]+\.)?{model.__name__}\n(.*?)(?=\n\.\. )",
        text_of(f"reference/{page}.rst"),
        re.S,
    )
    assert entry is not None
    fields = {field.name for field in (*model._meta.fields, *model._meta.many_to_many)}
    counted = {"folded_download_count", "folded_last_downloaded_at"}

    assert fields - counted <= literals(entry[1])


def test_checks_page__has_every_id_of_the_package_and_no_other():
    source = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "src").rglob("*.py"))
    cells = (row[0].strip("`") for row in rows_of("reference/checks.rst"))
    listed = [cell for cell in cells if cell != "Id"]

    assert sorted(listed) == sorted(set(re.findall(r"org_files\.[EW]\d{3}", source)))
    for page in pages():
        named = set(re.findall(r"org_files\.[EW]\d+", page.read_text(encoding="utf-8")))
        assert named <= {*listed}, page


def test_http_page__has_every_route_and_no_other():
    routes = {
        re.sub(r"<\w+:(\w+)>", r"{\1}", str(route.pattern))
        for urls in (rest_urls, accounts_urls)
        for route in urls.urlpatterns
    }
    documented = re.findall(
        r"``(?:GET|HEAD|POST|PUT|PATCH|DELETE) ([a-z_/{}]+)``", text_of("http-api.rst")
    )

    assert set(documented) == routes


def own_errors(base=ours.OrgFilesError):
    """Return the errors of the package, those of its optional apps included."""
    below = [each for each in base.__subclasses__() if each.__module__.startswith("org_files.")]
    return {*below, *(error for cls in below for error in own_errors(cls))}


def codes_of_the_source():
    ours_ = {cls.code for cls in own_errors()}
    classes = [*vars(drf).values(), *vars(errors).values(), *vars(shared).values(), InvalidToken]
    frameworks = {
        cls.default_code
        for cls in classes
        if inspect.isclass(cls) and issubclass(cls, drf.APIException)
    }
    given = set(errors.REQUEST_ERRORS)
    tokens = set(re.findall(r"code=\"(\w+)\"", inspect.getsource(simplejwt)))
    # The roots, which are never sent, and what is answered by field.
    return (
        ours_ | frameworks | given | tokens | {code for code, _ in REFUSALS.values()}
    ) - {"error", "invalid"}  # fmt: skip


def test_http_page__has_every_error_code_with_its_status_and_no_other():
    listed = re.findall(r"``(\d{3}) (\w+)``", text_of("http-api.rst"))
    statuses = {code: int(status) for status, code in listed}

    assert sorted(code for _, code in listed) == sorted(codes_of_the_source())
    for cls in own_errors():
        if cls.code in statuses and cls is not ours.LinkOver:
            found = (s for c, s in errors.STATUS.items() if issubclass(cls, c))
            assert statuses[cls.code] == next(found, 400)
    for status, (code, _) in REFUSALS.items():
        assert statuses[code] == status
    for code, (status, _) in errors.REQUEST_ERRORS.items():
        assert statuses[code] == status
    for cls in filter(inspect.isclass, vars(drf).values()):
        if issubclass(cls, drf.APIException) and cls.default_code in statuses:
            assert statuses[cls.default_code] == cls.status_code


def test_variables_of_the_example_project__are_all_listed():
    listed = re.findall(r"^``([A-Z_]+)``$", text_of("example-project.rst"), re.M)

    assert {*listed} == VARIABLES - {"FORWARDED_ALLOW_IPS"}
