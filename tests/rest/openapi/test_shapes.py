"""The shapes of what is sent and shown, as the OpenAPI schema has them."""

import pytest
from jsonschema import ValidationError


def test_what_is_sent__is_described_without_what_is_only_shown(contract):
    for id, operation in contract.operations.items():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for name, schema in contract.resolve(content["schema"])["properties"].items():
                assert not schema.get("readOnly"), (id, name)


def test_change__requires_nothing(contract):
    for id, operation in contract.operations.items():
        if operation["method"] == "PATCH":
            for content in operation["requestBody"]["content"].values():
                assert "required" not in contract.resolve(content["schema"]), id


def test_change__needs_a_csrf_token_in_a_session(contract):
    for id, operation in contract.operations.items():
        in_session = {"cookieAuth": []} in operation["security"]
        needed = in_session and operation["method"] != "GET"
        assert ("X-Csrftoken" in contract.parameters(id)) == needed, id
        if needed:
            assert "permission_denied" in contract.codes(id, 403), id


def test_what_is_shown_to_some__is_described_and_not_required(contract):
    schemas = contract.schema["components"]["schemas"]
    for name, optional in (
        ("Organization", {"members"}),
        ("VisibleUser", {"is_active", "file_count", "bytes_stored", "storage_paths"}),
    ):
        assert optional <= schemas[name]["properties"].keys()
        assert not optional & {*schemas[name]["required"]}
    assert {*schemas["VisibleUser"]["required"]} == {*schemas["User"]["required"]}
    assert "members" not in schemas["NewOrganization"]["properties"]


def test_text_that_may_be_empty__may_be_empty(contract):
    phone = contract.schema["components"]["schemas"]["User"]["properties"]["phone"]
    for value in ("", "+4930123456"):
        contract.validate(value, phone)
    for value in ("030", "+", "+" + "1" * 16, 5):
        with pytest.raises(ValidationError):
            contract.validate(value, phone)


@pytest.mark.parametrize(
    ("id", "component"),
    [
        ("files_list", "File"),
        ("downloads_list", "Download"),
        ("members_list", "OrganizationMember"),
        ("users_list", "User"),
        ("links_list", "ShareLink"),
        ("files_links", "ShareLink"),
        ("tiers_list", "Tier"),
    ],
)
def test_examples_of_lists__leave_nothing_out(id, component, contract):
    components = contract.schema["components"]["schemas"]
    page = contract.responses(id)["200"]["content"]["application/json"]
    for example in page["examples"].values():
        row = example["value"]["results"][0]
        assert row.keys() == components[component]["properties"].keys()


@pytest.mark.parametrize(
    ("id", "example", "component"),
    [
        ("organizations_retrieve", "with_members", "Organization"),
        ("organizations_usage", "usage", "OrganizationUsage"),
        ("users_me_retrieve", "user", "User"),
        ("links_retrieve", "link", "ShareLink"),
        ("files_ticket", "ticket", "Ticket"),
        ("files_ticket", "of_a_height", "Ticket"),
        ("files_retrieve", "picture", "File"),
        ("users_retrieve", "for_operators", "VisibleUser"),
    ],
)
def test_examples_of_one__leave_nothing_out(id, example, component, contract):
    components = contract.schema["components"]["schemas"]
    shown = contract.responses(id)["200"]["content"]["application/json"]["examples"][example]
    assert shown["value"].keys() == components[component]["properties"].keys()
