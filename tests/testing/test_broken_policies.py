"""The contract of policies finds what is wrong with one."""

from secrets import token_hex

import pytest
from django.db.models import Q
from django.test import Client, TestCase

from org_files import get_file_model
from org_files.access import Action, OrganizationPolicy, OwnerPolicy
from org_files.models import Membership, ShareLink
from org_files.testing.access import PolicyContract
from tests.testing.trials import failures

# Not within a transaction: a test case closes the connections that it used.
pytestmark = [pytest.mark.sweep, pytest.mark.django_db(transaction=True)]


class AllowsWhatItDoesNotShow(OrganizationPolicy):
    def allows(self, action, user, obj):
        return True


class ShowsTheTrash(OrganizationPolicy):
    def visible_files(self, user):
        return self._files().filter(self.readable_files(user))


class ListsWhatItDoesNotShow(OrganizationPolicy):
    def listed_files(self, user, **asked):
        return self._files()


class ForbidsWhatItRemoves(OrganizationPolicy):
    def allows(self, action, user, obj):
        own = getattr(obj, "owner_id", None) == user.pk
        return super().allows(action, user, obj) and (self.is_operator(user) or own)


class ListsTheTrashOfAll(OrganizationPolicy):
    def listed_files(self, user, *, trashed=False, **asked):
        files = self._files().filter(deleted_at__isnull=False)
        return files if trashed else super().listed_files(user, **asked)


class ShowsEveryRowTwice(OrganizationPolicy):
    def visible_organizations(self, user):
        organizations = super().visible_organizations(user)
        return organizations.extra(tables=[Membership._meta.db_table])


class RemembersWhoAsked(OrganizationPolicy):
    def is_operator(self, user):
        self.found = getattr(self, "found", False) or super().is_operator(user)
        return self.found


class ForbidsOperators(OrganizationPolicy):
    def allows(self, action, user, obj):
        return not self.is_operator(user) and super().allows(action, user, obj)


class HidesOneself(OrganizationPolicy):
    def visible_users(self, user):
        return super().visible_users(user).exclude(pk=user.pk)


class ShowsMembersOfWhatItDoesNotShow(OrganizationPolicy):
    def visible_memberships(self, user):
        return Membership.objects.all()


class ReturnsTheWrongModel(OrganizationPolicy):
    def visible_downloads(self, user):
        return self._organizations()


class ShowsLinksOfOthers(OrganizationPolicy):
    def visible_links(self, user):
        return ShareLink.objects.filter(file__in=self.visible_files(user).values("pk"))


class HidesOwnLinks(OrganizationPolicy):
    def visible_links(self, user):
        return super().visible_links(user).exclude(created_by=user.pk)


class LetsEveryOwnerShare(OrganizationPolicy):
    def allows(self, action, user, obj):
        own = getattr(obj, "owner_id", None) == user.pk
        return (own and action is Action.LINK) or super().allows(action, user, obj)


class LetsEveryOwnerManage(OrganizationPolicy):
    def _managed(self, user):
        return super()._managed(user) | Q(owner=user.pk)

    def _manages(self, user, file):
        return file.owner_id == user.pk or super()._manages(user, file)


class ShowsFormerMembersTheirFiles(OwnerPolicy):
    def readable_files(self, user):
        return super().readable_files(user) | Q(owner=user.pk)


class OpensLinksOfEveryOwner(OrganizationPolicy):
    def may_share(self, user, file):
        own = self.visible_files(user).filter(pk=file.pk, owner=user.pk)
        return own.exists() or super().may_share(user, file)


def run(backend, test, **attributes):
    spec = {"BACKEND": f"{backend.__module__}.{backend.__name__}"}
    return "".join(failures(PolicyContract, TestCase, test, backend=spec, **attributes))


ACTIONS = "test_action__is_for_those_who_see_own_or_manage_the_thing"
LISTS = "test_lists__are_a_part_of_what_is_seen_and_that_is_live"
REMOVABLE = "test_removable_files__are_those_seen_that_one_may_delete"
QUERYSETS = "test_what_is_seen__is_querysets_of_the_models_in_use"
ALONE = "test_answers__depend_on_no_user_who_asked_before"
OPERATOR = "test_operator__sees_and_does_everything"
THEMSELVES = "test_each_user__sees_themselves_and_their_own_downloads"
FORMER = "test_former_member__sees_what_a_user_sees_who_never_was_one"
MEMBERS = "test_memberships__are_seen_of_organizations_that_are"
LINKS = "test_links__are_seen_of_visible_files_that_one_manages_or_may_share"
OWNERSHIP = "test_ownership__gives_no_right_without_a_role_that_may_upload"
OPENS = "test_link__is_made_and_opens_while_its_creator_may_share_the_file"
HIDDEN = "test_what_is_not_seen__answers_byte_for_byte_as_if_it_did_not_exist"


@pytest.mark.parametrize(
    ("backend", "test", "said"),
    [
        (AllowsWhatItDoesNotShow, ACTIONS, "empty"),
        (ShowsTheTrash, LISTS, "home member trashed"),
        (ListsWhatItDoesNotShow, LISTS, "empty nobody"),
        (ForbidsWhatItRemoves, REMOVABLE, "home member"),
        (ListsTheTrashOfAll, REMOVABLE, "not less than or equal"),
        (ShowsEveryRowTwice, QUERYSETS, "!="),
        (RemembersWhoAsked, ALONE, "empty nobody"),
        (ForbidsOperators, OPERATOR, "empty"),
        (HidesOneself, THEMSELVES, "not found in"),
        (ShowsMembersOfWhatItDoesNotShow, MEMBERS, "not less than or equal"),
        (ShowsLinksOfOthers, LINKS, "home nobody public"),
        (HidesOwnLinks, LINKS, "away foreigner by foreigner"),
        (LetsEveryOwnerShare, OPENS, "home foreigner"),
        (LetsEveryOwnerShare, OWNERSHIP, "link: home"),
        (LetsEveryOwnerManage, OWNERSHIP, "change: home foreigner"),
        (ShowsFormerMembersTheirFiles, FORMER, "home former"),
        (OpensLinksOfEveryOwner, OPENS, "home former public"),
        (ReturnsTheWrongModel, QUERYSETS, "Download"),
    ],
)
def test_broken_policy__fails(backend, test, said):
    assert said in run(backend, test)


class SuperusersOperate(OrganizationPolicy):
    def is_operator(self, user):
        return bool(user.is_superuser)


def test_policy_with_other_operators__says_which():
    assert run(SuperusersOperate, OPERATOR) != ""
    assert run(SuperusersOperate, OPERATOR, operator={"is_superuser": True}) == ""


def tells_what_exists(request, response):
    ids = {str(id) for id in get_file_model()._base_manager.values_list("public_id", flat=True)}
    response["X-Cost"] = "1" if ids & set(request.path.split("/")) else "0"


def answers_for_every_height(request, response):
    if "/renditions/" in request.path:
        response.status_code = 403


def numbers_requests(request, response):
    response["X-Request-Id"] = token_hex(8)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (tells_what_exists, "'X-Cost': '1'"),
        (answers_for_every_height, "403 != 404 : GET rendition"),
        (numbers_requests, ""),
    ],
)
def test_site_that_tells_what_exists__fails(monkeypatch, change, said):
    answer = Client.request

    def changed(self, **request):
        response = answer(self, **request)
        change(response.wsgi_request, response)
        return response

    monkeypatch.setattr(Client, "request", changed)

    failed = run(OrganizationPolicy, HIDDEN)
    assert said in failed
    assert bool(failed) == bool(said)
