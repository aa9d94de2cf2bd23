"""Models with attachments as a site defines them, in a process of its own."""

import django

from tests.checks.project import run_site

MODELS = """
from org_files.attachments import KEEP, PURGE, TRASH, Attachments, StoredFileField

class Shop(models.Model):
    company = ForeignKey(settings.ORG_FILES_ORGANIZATION_MODEL, models.CASCADE)

class Dated(models.Model):
    day = models.DateField(primary_key=True)
    attachments = Attachments(lambda dated: None)

class Product(models.Model):
    shop = ForeignKey(Shop, getattr(models, "DB_CASCADE", models.CASCADE))
    attachments = Attachments("shop.company")
    again = Attachments("shop.company", name="")
    to_the_shop = Attachments("shop", name="shop")
    to_nothing = Attachments("shop.firm", name="nothing")
    to_a_text = Attachments("name", name="text")
    long = Attachments("shop.company", name="x" * 100)
    name = CharField(max_length=9)
    manual = StoredFileField()

class Mixin:
    drawings = Attachments("company", name="drawings")

class Thing(Mixin, Shop):
    pass

class Late(Shop):
    pass

Late.add_to_class("notes", Attachments("company", name="notes"))
"""

SCRIPT = """
outcome["found"] = sorted(found())
from org_files.labels import all_labels
outcome["labels"] = sorted({label.text for label in all_labels()})
from shop.models import Late, Thing
outcome["of_child"] = [str(Thing.drawings.label_of(Thing).text), Late.notes.label_of(Late).text]
import org_files.attachments
try:
    Attachments = org_files.attachments.Nothing
except AttributeError as error:
    outcome["error"] = str(error)
try:
    org_files.attachments.Attachments("company", on_delete="forget")
except ValueError as error:
    outcome["on_delete"] = str(error)
"""


def test_definitions_of_a_site__are_registered_and_checked(tmp_path):
    outcome = run_site(tmp_path, models=MODELS, settings="", script=SCRIPT)

    cascades = [hint for id, _text, hint in outcome["found"] if id == "org_files.W040"]
    assert len(cascades) == (django.VERSION >= (6, 1))
    long = f"shop.product.{'x' * 100}"
    found = {(id, text.partition(": ")[2]) for id, text, _hint in outcome["found"] if id[10] == "E"}
    assert found == {
        ("org_files.E040", "several Attachments have the label 'shop.product'."),
        ("org_files.E040", "its keys are no integers, UUIDs or texts."),
        ("org_files.E040", "'shop' is no path of foreign keys to an organization."),
        ("org_files.E040", "'shop.firm' is no path of foreign keys to an organization."),
        ("org_files.E040", "'name' is no path of foreign keys to an organization."),
        ("org_files.E040", f"the label '{long}' has more than 100 characters."),
    }
    assert outcome["labels"] == sorted(
        [
            *("shop.dated", "shop.late.notes", "shop.product", "shop.product.nothing"),
            *("shop.product.shop", "shop.product.text", "shop.thing.drawings", long),
        ]
    )
    assert outcome["of_child"] == ["shop.thing.drawings", "shop.late.notes"]
    assert outcome["error"] == "module 'org_files.attachments' has no attribute 'Nothing'"
    assert "forget" in outcome["on_delete"]
