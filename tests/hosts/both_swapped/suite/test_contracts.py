"""The site's own backends keep the contracts of ours, over models of its own."""

from django.test import SimpleTestCase, TestCase

from org_files.testing.access import PolicyContract
from org_files.testing.counters import CountersContract
from org_files.testing.streaming import StreamingDeliveryContract


class TestFolderPolicy(PolicyContract, TestCase):
    @classmethod
    def add_files(cls, world):
        world.add_file("home member board", folder="board")
        world.add_file("home viewer board", folder="board", is_public=True)
        world.add_file("away foreigner board", folder="board")

    def test_board__is_for_admins_and_operators(self):
        files = {name: file for name, file in self.world.files.items() if name.endswith("board")}
        seen = {
            role: self.world.names(files, self.policy.visible_files(user))
            for role, user in self.world.users.items()
        }
        at_home = {"home member board", "home viewer board"}
        assert {role: names for role, names in seen.items() if names} == {
            "admin": at_home,
            "foreigner": {"away foreigner board"},
            "operator": set(files),
        }


class TestShopPolicy(PolicyContract, TestCase):
    """The mixin over models of the site's own; no file of the contract has a label."""

    backend = {"BACKEND": "tests.attachments.catalog.access.ShopPolicy"}


class TestWatermarkedDelivery(StreamingDeliveryContract, SimpleTestCase):
    own_headers = frozenset({"X-Sold-By"})


class TestCountersOverOwnModels(CountersContract, TestCase):
    pass
