"""Registration, passwords and the administrator, as the environment of the site asks for them."""

import pytest

REGISTER = """
import django
django.setup()
from django.test import Client
answer = Client(headers={{"host": "localhost"}}).post(
    "/api/auth/register/",
    {{"email": "New@example.org", "password": "{password}", "first_name": "Ada"}},
    "application/json",
)
print(answer.status_code, answer.content.decode())
"""

MIGRATE_TWICE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("migrate", verbosity=0)
from django.contrib.auth import get_user_model
for user in get_user_model().objects.all():
    print(user.email, user.is_superuser, user.check_password("red-Anchor-1"))
"""


@pytest.fixture
def registering(run_python, copied_site):
    """Register at a site with these variables, on the database of the demo."""

    def run(password="red-anchor-heron", **variables):
        script = REGISTER.format(password=password)
        database = f"sqlite:///{copied_site.folder}/db.sqlite3"
        return run_python(script, DATABASE_URL=database, **variables)

    return run


def test_who_registers__has_an_organization_of_their_own(registering):
    done = registering()

    assert done.stdout.startswith("201 "), done.stdout + done.stderr
    assert '"name":"Ada","role":"admin"}]' in done.stdout


def test_site_where_nothing_follows__makes_a_user_alone(registering):
    assert '"organizations":[]' in registering(REGISTRATION="none").stdout


def test_closed_site__says_so(registering):
    assert registering(REGISTRATION="closed").stdout.startswith("403 ")


def test_site_whose_organization_is_not_there_yet__lets_nobody_register(registering):
    done = registering(REGISTRATION="join", JOIN_ORGANIZATION="Nowhere")

    assert "registration_closed" in done.stdout


def test_joining_nothing__is_refused_in_a_sentence(registering):
    assert "REGISTRATION=join needs JOIN_ORGANIZATION" in registering(REGISTRATION="join").stderr


@pytest.mark.parametrize(
    ("password", "status"), [("red-anchor-heron", "400"), ("Red-anchor-1", "201")]
)
def test_strict_rules__ask_for_kinds_of_characters(registering, password, status):
    assert registering(password, PASSWORD_RULES="strict").stdout.startswith(status)


def test_migrating_twice__leaves_one_administrator(run_python, tmp_path):
    done = run_python(
        MIGRATE_TWICE,
        DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3",
        DJANGO_SUPERUSER_EMAIL="Root@example.org",
        DJANGO_SUPERUSER_PASSWORD="red-Anchor-1",
    )

    assert done.stdout == "root@example.org True True\n", done.stdout + done.stderr
