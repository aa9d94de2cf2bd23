"""``manage.py demo_tenants``, on the database of the suite, where passwords take no time."""

import io
import json
import logging

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from example.demo import building
from example.demo.tenants import TENANTS
from example.management.commands.demo_data import Command as DemoData
from example.management.commands.demo_tenants import Command as DemoTenants

from org_files import get_file_model, get_organization_model
from org_files.access import get_policy
from org_files.models import Download, Membership
from tests.example.conftest import logins

pytestmark = pytest.mark.django_db

EMAILS = [f"john{number}@example.org" for number in range(1, 11)]
NAMES = [f"Tenant {number}" for number in range(1, 11)]


def run(command=DemoTenants, **options):
    output = io.StringIO()
    call_command(command(), stdout=output, **options)
    return output.getvalue()


def report(**options):
    return json.loads(run(json=True, **options))


def rows():
    models = (get_user_model(), get_organization_model(), get_file_model(), Membership, Download)
    return [list(model._base_manager.order_by("pk").values_list()) for model in models]


def test_run__says_how_it_goes_and_who_can_log_in():
    output = run()

    printed = logins(output)
    assert list(printed) == EMAILS
    assert "Storing the files of Tenant 3 (3 of 10)\n" in output
    assert "Tenant 10: 4 files, " in output
    assert "ORG_FILES_POLICY" not in output
    for user in get_user_model().objects.all():
        assert user.check_password(printed[user.email])


@pytest.mark.django_db(transaction=True)
def test_run__leaves_no_events_of_its_own(caplog):
    with caplog.at_level("INFO"):
        run()
        logging.getLogger("org_files.files").info("of somebody")

    assert caplog.messages == ["of somebody"]


def test_second_run__changes_nothing_and_prints_the_same_logins():
    first, before = logins(run()), rows()

    again = run()

    assert logins(again) == first
    assert "stays as it is" in again
    assert rows() == before


@pytest.mark.parametrize("policy", ["OpenPolicy", "OwnerPolicy"])
def test_site_under_another_policy__is_told(settings, policy):
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"org_files.access.{policy}"}}

    output = run()

    assert output.splitlines()[-1].endswith(
        f"this site runs under {policy}: start it with ORG_FILES_POLICY=organization."
    )
    assert report()["policy"] == policy


def test_json__is_one_document_from_the_first_run_on():
    document = report()

    assert document["policy"] == "OrganizationPolicy"
    assert [person["email"] for person in document["people"]] == EMAILS
    assert [person["organizations"] for person in document["people"]] == [
        [{"name": name, "role": "admin"}] for name in NAMES
    ]
    assert not any(person["is_staff"] for person in document["people"])
    assert [total["name"] for total in document["organizations"]] == NAMES
    assert [total["downloads"] for total in document["organizations"]] == [*range(5, 15)]
    assert report() == document


def test_tenant__keeps_public_expired_and_trashed_files_of_two_resources():
    run()

    john = get_user_model().objects.get(email="john7@example.org")
    seen = get_policy().visible_files(john).filter(organization__name="Tenant 7")
    linked = {(file.resource, file.resource_id, file.name, file.is_public) for file in seen}
    assert linked == {
        ("product", "1", "Data sheet.pdf", True),
        ("product", "1", "Manual.md", False),
        ("product", "1", "Price list.csv", False),
        ("avatar", "1", "Portrait.png", True),
    }
    assert {file.owner for file in seen} == {john}
    everything = get_file_model().objects.filter(organization__name="Tenant 7")
    [trashed] = everything.exclude(deleted_at=None)
    [expired] = everything.exclude(expires_at=None)
    assert {trashed, expired} == set(everything) - set(seen)


def test_tenants__keep_files_of_the_same_names_that_are_not_the_same():
    run()

    files = list(get_file_model().objects.all())
    assert len(files) == len(TENANTS.files) == 60
    assert len({file.name for file in files}) == 6
    assert len({file.sha256 for file in files}) == 60
    assert {file.content_type for file in files} == {
        "application/pdf",
        "image/png",
        "text/csv",
        "text/markdown",
    }


@pytest.mark.parametrize("service", ["store_file", "trash_file"])
def test_run_that_was_interrupted__is_completed_by_the_next(monkeypatch, service):
    real, left = getattr(building, service), 5

    def fail_at_the_sixth(**arguments):
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        return real(**arguments)

    monkeypatch.setattr(building, service, fail_at_the_sixth)
    with pytest.raises(KeyboardInterrupt):
        run()
    monkeypatch.undo()

    completed = report()

    assert len(completed["people"]) == 10
    assert {total["files"] for total in completed["organizations"]} == {4}
    assert get_file_model().objects.count() == 60
    assert get_file_model().objects.exclude(deleted_at=None).count() == 10


def test_both_demos__share_a_database():
    first = logins(run(DemoData))

    assert list(logins(run())) == EMAILS
    assert logins(run(DemoData)) == first


def test_who_has_another_password_by_now__is_not_printed_with_ours():
    run()
    john = get_user_model().objects.get(email="john4@example.org")
    john.set_password("something else")
    john.save()

    output = run()

    assert "john4@example.org was removed, or has another password by now." in output
    assert list(logins(output)) == [email for email in EMAILS if email != john.email]
