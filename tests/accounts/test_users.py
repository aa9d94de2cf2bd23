"""GET users/ and users/{id}/; tests/organizations/test_privacy.py has every policy."""

from org_files.accounts.models import Avatar
from org_files.storage import owner_prefix
from org_files.testing.clock import stopped_clock
from org_files.testing.factories import make_file
from tests.accounts.clients import USERS

ALL = {
    "admin": [("Acme", "admin")],
    "member": [("Acme", "member")],
    "viewer": [("Acme", "viewer"), ("Globex", "admin")],
    "stranger": [("Globex", "member")],
    "nobody": [],
    "operator": [],
}


def test_users__are_shown_with_the_organizations_that_one_may_see(world):
    # Members of Acme alone do not learn of Globex.
    in_acme = {name: ALL[name][:1] for name in ("admin", "member", "viewer")}
    assert (world.listed("admin"), world.listed("operator")) == (in_acme, ALL)
    for name in ("admin", "operator"):
        client = world.client(name)
        row = client.get(USERS).json()["results"][0]
        assert client.get(f"{USERS}{row['id']}/").json() == row
        assert ("storage_paths" in row) == (name == "operator")


def test_row__has_the_profile_and_for_operators_the_storage(world):
    member = world.users["member"]
    with stopped_clock() as clock:
        file = make_file(world.acme, member, content=b"123")
        make_file(world.acme, member, content=b"4567", deleted_at=clock.now())
        make_file(world.globex, member, content=b"89")
        make_file(world.globex, None, content=b"nobody's")
    Avatar.objects.create(user=member, key="avatars/x", content_type="image/jpeg", size=1)
    path = f"{USERS}{member.pk}/"

    plain = world.client("admin").get(path).json()
    full = world.client("operator").get(path).json()

    assert plain == {
        "id": member.pk,
        "email": member.email,
        "first_name": "member",
        "last_name": "",
        "phone": "",
        "avatar_url": f"http://testserver/api/users/{member.pk}/avatar/",
        "is_staff": False,
        "organizations": [{"id": world.acme.pk, "name": "Acme", "role": "member"}],
    }
    paths = full.pop("storage_paths")
    assert full == plain | {"is_active": True, "file_count": 2, "bytes_stored": 9}
    assert sorted(paths) == sorted(
        owner_prefix(organization.pk, member.pk) for organization in (world.acme, world.globex)
    )
    assert any(file.content.name.startswith(path) for path in paths)
