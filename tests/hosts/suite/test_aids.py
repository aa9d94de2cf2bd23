"""The aids that a site's own tests are made of, whatever models it has."""

from org_files import get_file_model, get_organization_model
from org_files.access import Action, get_policy
from org_files.testing.counters import assert_exact
from org_files.testing.factories import make_file


def test_people_and_files__are_made_of_the_models_in_use(
    organization,
    organization_admin,
    organization_viewer,
    outsider,
    operator,
    org_files_client,
    org_files_storage,
    stored_file,
):
    assert isinstance(organization, get_organization_model())
    assert isinstance(stored_file, get_file_model())
    policy = get_policy()
    assert policy.is_operator(operator)
    assert policy.allows(Action.MANAGE, organization_admin, organization)
    assert not policy.allows(Action.UPLOAD, organization_viewer, organization)
    url = f"/api/files/{stored_file.public_id}/content/"
    assert org_files_client(organization_viewer).get(url).getvalue() == b"A report."
    assert org_files_client(outsider).get(url).status_code == 404
    assert org_files_storage.exists(stored_file.content.name)
    assert_exact(stored_file, 1)


def test_row_of_a_file__is_all_that_a_list_needs(
    organization, organization_member, org_files_client
):
    file = make_file(organization, name="plan.pdf")
    [listed] = org_files_client(organization_member).get("/api/files/").json()["results"]
    assert (listed["id"], listed["name"]) == (str(file.public_id), "plan.pdf")
