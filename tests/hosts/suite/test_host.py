"""Tests for every host, each in a process of its own. Run by tests/hosts/test_hosts.py."""

import io
import json

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from org_files import counters, get_file_model, get_organization_model
from org_files.models import Download, Membership, Role

PASSWORD = "correct horse battery staple"
#: Users of one host have a single field for their name.
NAME = "first_name" if get_user_model().first_name else "name"


def make_user(name, **fields):
    model = get_user_model()
    login = f"{name}@site.example" if model.USERNAME_FIELD == "email" else name
    return model.objects.create_user(
        **{model.USERNAME_FIELD: login, NAME: name.title()}, password=PASSWORD, **fields
    )


def logged_in(user):
    """Return a client with a token where the host has them, else with a session."""
    client = Client()
    tokens = apps.is_installed("rest_framework_simplejwt.token_blacklist")
    response = client.post(
        "/api/token/" if tokens else "/api/auth/login/",
        {user.USERNAME_FIELD: user.get_username(), "password": PASSWORD},
        content_type="application/json",
    )
    assert response.status_code == 200, response.content
    if not tokens:
        return client
    return Client(headers={"authorization": f"Bearer {response.json()['access']}"})


@pytest.fixture
def people(db):
    """Two in one organization, one in another."""
    north, south = (
        get_organization_model().objects.create(name=name) for name in ("North", "South")
    )
    users = [make_user(name) for name in ("anna", "bela", "carl")]
    roles = ((north, Role.ADMIN), (north, Role.MEMBER), (south, Role.MEMBER))
    for user, (organization, role) in zip(users, roles, strict=True):
        Membership.objects.create(user=user, organization=organization, role=role)
    return users


def upload(client, name="report.txt", content=b"as plain as day"):
    file = io.BytesIO(content)
    file.name = name
    response = client.post("/api/files/", {"file": file, "comment": "first"})
    assert response.status_code == 201, response.content
    return response.json()


def send(client, method, path, **body):
    """Send JSON; return status and JSON."""
    response = client.generic(
        method, f"/api/{path}", json.dumps(body).encode(), content_type="application/json"
    )
    return response.status_code, response.json() if response.content else None


def download(client, file, **headers):
    """Return status and bytes. Reading to the end closes the file behind the response."""
    response = client.get(file["content_url"], headers=headers)
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return response.status_code, content


@pytest.mark.django_db
def test_checks_and_migrations__are_in_order():
    call_command("check", fail_level="WARNING", databases=["default"])
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    labels = [model._meta.label for model in apps.get_models(include_swapped=True)]
    assert len(labels) == len(set(labels))


def test_tables__stand_for_the_models_in_use_alone(db):
    tables = set(connection.introspection.table_names())
    for setting, default in (
        (get_organization_model(), "org_files_organization"),
        (get_file_model(), "org_files_file"),
        (get_user_model(), "org_files_accounts_user"),
    ):
        assert setting._meta.db_table in tables
        assert (default in tables) == (setting._meta.db_table == default)


def test_upload_and_download__are_counted_for_file_and_organization(people):
    anna, bela, carl = map(logged_in, people)
    file = upload(anna)

    assert download(bela, file) == (200, b"as plain as day")
    assert download(carl, file)[0] == 404
    counted = anna.get(f"/api/files/{file['id']}/").json()
    assert counted["download_count"] == 1
    assert counted["last_downloaded_at"] is not None
    organization = anna.get(f"/api/organizations/{file['organization']['id']}/").json()
    assert (organization["download_count"], organization["file_count"]) == (1, 1)
    assert counters.fold() == 1
    assert anna.get(f"/api/files/{file['id']}/").json()["download_count"] == 1
    assert counters.verify().findings == []


def test_partial_ranges__are_one_download(people):
    anna, bela, _carl = map(logged_in, people)
    file = upload(anna)
    for start in range(3):
        assert download(bela, file, range=f"bytes={start}-{start + 1}")[0] == 206
    assert Download.objects.count() == 1


def test_lists__page_by_number_and_by_cursor(people):
    anna = logged_in(people[0])
    ids = [upload(anna, f"{number}.txt")["id"] for number in range(5)]

    by_number = anna.get("/api/files/?page_size=2&ordering=created_at").json()
    assert by_number["count"] == 5
    found, url = [], "/api/files/?cursor=&page_size=2&ordering=created_at"
    while url:
        page = anna.get(url).json()
        found += [file["id"] for file in page["results"]]
        url = page["next"]
    assert found == ids
    organization = anna.get("/api/organizations/").json()["results"][0]["id"]
    assert anna.get(f"/api/organizations/{organization}/files/").json()["count"] == 5
    assert anna.get(f"/api/files/?organization={organization}").json()["count"] == 5
    assert anna.get(f"/api/files/?owner={people[0].pk}&search=3.txt").json()["count"] == 1
    assert anna.get("/api/files/?organization=%00").status_code == 400


def test_downloads__name_file_organization_and_user(people):
    anna, bela, _carl = map(logged_in, people)
    file = upload(anna)
    download(bela, file)

    [row] = bela.get("/api/downloads/").json()["results"]

    assert row["file"] == {"id": file["id"], "name": "report.txt"}
    assert row["organization"] == file["organization"]
    assert row["user"]["id"] == json.loads(json.dumps(people[1].pk, default=str))
    assert anna.get(f"/api/users/{people[1].pk}/downloads/").json()["count"] == 1
    assert bela.get(f"/api/downloads/?user={people[0].pk}").status_code == 403


def test_session__logs_in_and_out(people):
    client = Client()
    login = {people[0].USERNAME_FIELD: people[0].get_username(), "password": PASSWORD}
    status, shown = send(client, "POST", "auth/login/", **login)
    assert (status, shown["organizations"][0]["name"]) == (200, "North")
    assert client.get("/api/files/").status_code == 200
    assert client.post("/api/auth/logout/").status_code == 204
    assert client.get("/api/files/").status_code == 401


def test_removing_a_user__leaves_files_and_ledger(people):
    anna, bela, _carl = map(logged_in, people)
    file = upload(bela)
    download(anna, file)

    people[1].delete()

    assert anna.get(f"/api/files/{file['id']}/").json()["owner"] is None
    assert Download.objects.count() == 1


def test_admin__shows_every_model(people):
    user = make_user("root", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    file = upload(logged_in(people[0]))
    download(logged_in(people[1]), file)
    ours = [model for model in admin.site._registry if model._meta.app_label.startswith("org_")]
    assert {model._meta.model_name for model in ours} >= {"membership", "download"}
    for model in ours:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert client.get(reverse(f"{name}_changelist")).status_code == 200
        for row in model._default_manager.all()[:1]:
            assert client.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200
