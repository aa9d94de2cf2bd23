"""Ids in the form in which they are shown, and in no other."""

from uuid import UUID

import pytest
from django.contrib.auth import get_user_model

from org_files import get_organization_model
from org_files.rest.fields import parse_pk, parse_public_id

ID = "0192f0c1-2d3e-7000-8000-00000000abcd"

#: Forms that Python or a database would take for the same id.
LENIENT = ["{id}\n", " {id}", "{{{id}}}", "urn:uuid:{id}", "0{id}", "+{id}", "{id}\0"]
LENIENT += ["\uff10{id}", "{id}.0"]

NO_IDS = ["", "\0", "-1x", "1_0", "1e3", "0x1", "\uff11", "\u0663", "9" * 5000, "None", "True"]
NO_IDS += ["x" * 8192, "../../etc/passwd", "'\"--", "\ud800", "9223372036854775808"]
NO_IDS += [ID.upper(), ID.replace("-", "")]


def test_shown_form__is_the_id():
    assert parse_public_id(ID) == UUID(ID)
    assert [parse_pk(get_user_model(), text) for text in ("1", "4711")] == [1, 4711]


@pytest.mark.parametrize("form", LENIENT)
def test_other_form__is_none(form):
    assert parse_public_id(form.format(id=ID)) is None
    for model in (get_user_model(), get_organization_model()):
        assert parse_pk(model, form.format(id="12")) is None


@pytest.mark.parametrize("text", NO_IDS)
def test_text_that_is_no_id__is_none(text):
    assert parse_public_id(text) is None
    assert parse_pk(get_user_model(), text) is None
