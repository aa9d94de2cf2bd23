"""Models with attachments as a site defines them, in a process of its own."""

import django

from org_files import attachments
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


WRONG = """
from org_files.attachments import Attachments

class Company(models.Model):
    pass

class Note(models.Model):
    product = ForeignKey("shop.Product", models.CASCADE, related_name="notes")

class Tool(models.Model):
    name = CharField(max_length=9)
    objects = Attachments(lambda tool: None)

class Key(models.Model):
    pk = Attachments(lambda key: None)

class Product(models.Model):
    shop = ForeignKey(Company, models.CASCADE)
    notes = Attachments(lambda product: None, name="notes")
    shop_id = Attachments(lambda product: None, name="shop_id")
    save = Attachments(lambda product: None, name="save")
    a = Attachments(lambda product: None, name="a", allowed_types="image/*")
    b = Attachments(lambda product: None, name="b", allowed_types=["IMAGE/PNG", "image", "a/b"])
    c = Attachments(lambda product: None, name="c", allowed_types=[], max_files="3")
    d = Attachments(lambda product: None, name="d", max_file_size="10MB", max_files=True)
    e = Attachments(lambda product: None, name="e", max_file_size=0, max_files=-5)
    f = Attachments(lambda product: None, name="with spaces/и ")
    g = Attachments(lambda product: None, name=None)
    h = Attachments(lambda product: None, name="h_1-2", allowed_types={"image/svg+xml", "a/*"})

Product.add_to_class("shop", Attachments(lambda product: None))
"""


def test_wrong_options__are_errors_of_the_checks(tmp_path):
    script = 'outcome["found"] = found()'
    outcome = run_site(tmp_path, models=WRONG, settings="", script=script)

    found = {tuple(text.split(": ", 1)) for id, text, _ in outcome["found"] if id[-4:] == "E040"}
    taken = "a field, a manager or Django's own class of models has the name"
    texts = {
        "Product.notes": [f"{taken} 'notes'."],
        "Product.shop_id": [f"{taken} 'shop_id'."],
        "Product.save": [f"{taken} 'save'."],
        "Product.shop": [f"{taken} 'shop'."],
        "Tool.objects": [f"{taken} 'objects'."],
        "Key.pk": [f"{taken} 'pk'."],
        "Product.a": ["allowed_types='image/*' is no list of content types."],
        "Product.b": [
            "'IMAGE/PNG' in allowed_types is no content type in lower case.",
            "'image' in allowed_types is no content type in lower case.",
        ],
        "Product.c": [
            "allowed_types is empty: no file would be accepted.",
            "max_files='3' is no number of files from 1.",
        ],
        "Product.d": [
            "max_file_size='10MB' is no number of bytes from 1.",
            "max_files=True is no number of files from 1.",
        ],
        "Product.e": [
            "max_file_size=0 is no number of bytes from 1.",
            "max_files=-5 is no number of files from 1.",
        ],
        "Product.f": ["name='with spaces/и ' is no text of letters, digits, - and _."],
        "Product.g": ["name=None is no text of letters, digits, - and _."],
    }
    assert found == {(f"shop.{name}", text) for name, each in texts.items() for text in each}


EARLY = """
import rest_framework.serializers, rest_framework.viewsets
from django import forms
from org_files.attachments import *

class Inline(AttachmentInline):
    attribute = "drawings"

class Page(StoredFilesAdmin):
    inlines = [Inline]

class Form(AttachmentsForm, forms.Form):
    manual = StoredFileFormField(required=False)
    drawings = AttachmentsFormField()

class Serializer(rest_framework.serializers.Serializer):
    manual = StoredFileSerializerField()
    drawings = AttachmentsSerializerField()

class ViewSet(AttachmentsMixin, rest_framework.viewsets.ModelViewSet):
    pass
"""

OWN_ORGANIZATION = """
from org_files.attachments import *
import org_files.attachments

class Company(AbstractOrganization):
    logo = StoredFileField()
    drawings = Attachments("company")
    class Inline(AttachmentInline):
        pass

IMPORTED = [name for name in org_files.attachments.__all__ if name in globals()]
"""

AFTERWARDS = """
from django.contrib import admin
from org_files import get_file_model
from shop.models import IMPORTED, Company
outcome["imported"] = IMPORTED
outcome["models"] = [each.model is get_file_model() for each in (Inline, Company.Inline)]
outcome["files"] = Form.base_fields["manual"].queryset.model is get_file_model()
"""


def test_names__are_imported_and_used_before_apps_are_loaded(tmp_path):
    outcome = run_site(
        tmp_path,
        early=EARLY,
        models=OWN_ORGANIZATION,
        settings='ORG_FILES_ORGANIZATION_MODEL = "shop.Company"',
        script=AFTERWARDS,
    )

    assert outcome == {"imported": attachments.__all__, "models": [True, True], "files": True}
