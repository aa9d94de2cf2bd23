"""Two organizations, and people who see more or less of each other."""

from org_files.models import Role
from org_files.testing.factories import join, make_organization, make_user
from tests.accounts.clients import USERS
from tests.rest.requests import signed_in


class World:
    """Acme has an admin, a member and a viewer; the viewer is an admin of Globex, too."""

    def __init__(self):
        self.acme, self.globex = make_organization("Acme"), make_organization("Globex")
        names = ("admin", "member", "viewer", "stranger", "nobody", "operator")
        self.users = {name: make_user(name, first_name=name) for name in names}
        self.users["operator"].is_staff = True
        self.users["operator"].save()
        join(self.acme, self.users["admin"], Role.ADMIN)
        join(self.acme, self.users["member"], Role.MEMBER)
        join(self.acme, self.users["viewer"], Role.VIEWER)
        join(self.globex, self.users["viewer"], Role.ADMIN)
        join(self.globex, self.users["stranger"], Role.MEMBER)

    def client(self, name):
        return signed_in(self.users[name])

    def listed(self, name):
        """Return who is in the list of ``name``, with organizations and roles."""
        body = self.client(name).get(USERS).json()
        assert body["count"] == len(body["results"])
        return {row["first_name"]: memberships(row) for row in body["results"]}


def memberships(row):
    return [(item["name"], item["role"]) for item in row["organizations"]]
