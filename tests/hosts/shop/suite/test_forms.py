"""Files of products in the site's own forms and templates."""

import pickle

import pytest
from django import forms
from django.core.files.base import ContentFile
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory, override_settings
from django.utils.datastructures import MultiValueDict

from org_files.attachments import AttachmentsForm, AttachmentsFormField
from org_files.testing.factories import join, make_organization, make_stored_file
from org_files.tiers import heights_of
from tests.hosts.shop.goods.models import Product
from tests.hosts.shop.suite.conftest import picture


class ProductForm(AttachmentsForm, forms.ModelForm):
    photos = AttachmentsFormField()

    class Meta:
        model = Product
        fields = ["store", "name", "manual"]


def form_of(user, product, files=None, instance=None, **data):
    values = {"store": product.store_id, "name": "Lamp", "manual": "", **data}
    lists = MultiValueDict(
        {name: value if isinstance(value, list) else [value] for name, value in values.items()}
    )
    return ProductForm(lists, MultiValueDict(files or {}), instance=instance, user=user)


def test_form__adds_photos_to_a_new_product_and_removes_them(seller, product):
    manual = ContentFile(b"Press.", name="manual.txt")
    form = form_of(seller, product, {"photos": [picture()], "manual-upload": [manual]})

    made = form.save()
    photo = made.photos.get()
    assert (photo.owner, photo.organization_id) == (seller, product.store.company_id)
    made.refresh_from_db()
    assert (made.manual.name, made.manual.organization_id) == ("manual.txt", photo.organization_id)

    form = form_of(
        seller,
        product,
        instance=made,
        manual=str(made.manual_id),
        **{"photos-remove": [str(photo.public_id)]},
    )
    assert str(photo.public_id) in str(form["photos"])
    form.save()
    made.refresh_from_db()
    assert (made.photos.count(), made.manual.name) == (0, "manual.txt")


def test_form__offers_and_takes_no_file_that_its_user_does_not_see(seller, rival, product, acme):
    manual = make_stored_file(acme, seller)
    photo = product.photos.add(picture(), by=seller)

    for user in (rival, None):
        form = form_of(user, product, instance=product, manual=manual.pk)
        assert manual.name not in str(form["manual"])
        assert {*form.errors} == {"manual"}
        form = form_of(
            user,
            product,
            {"photos": [picture()]},
            product,
            **{"photos-remove": [str(photo.public_id)]},
        )
        assert {*form.errors} == {"photos"}
        form = form_of(user, product, instance=product, **{"photos-remove": [str(photo.public_id)]})
        form.save()
    assert list(product.photos.all()) == [photo]
    assert manual.name in str(form_of(seller, product, instance=product)["manual"])


def test_form__takes_no_manual_of_another_company_for_a_new_product(seller, product, acme):
    foreign = make_organization("Initech")
    join(foreign, seller)
    manual, ours = (make_stored_file(company, seller) for company in (foreign, acme))

    assert {*form_of(seller, product, manual=manual.pk).errors} == {"manual"}
    assert {*form_of(seller, product, manual=manual.pk, store="").errors} == {"store"}
    made = form_of(seller, product, manual=ours.pk).save()
    assert pickle.loads(pickle.dumps(made)).manual == ours
    # Code of the site decides for itself.
    assert Product.objects.create(store=product.store, manual=manual).manual == manual


def test_form__attaches_stored_files_of_a_saved_product(seller, product, acme):
    photo = product.photos.add(picture(), by=seller)
    product.photos.unlink(photo)
    stored = {"photos-stored": [str(photo.public_id)]}

    # The organization of a new product is not known when its form is checked.
    assert {*form_of(seller, product, **stored).errors} == {"photos"}
    form = form_of(seller, product, instance=product, **stored)
    assert 'endpoint="/library/uploads/"' in str(form["photos"])
    form.save()
    assert product.photos.get() == photo
    assert "<org-files-uploader" not in str(form_of(seller, product)["photos"])


def test_form_of_a_site_without_pages__has_file_inputs_alone(seller, product, settings):
    apps = [name for name in settings.INSTALLED_APPS if name != "org_files.web"]
    with override_settings(INSTALLED_APPS=apps):
        form = form_of(seller, product, instance=product)
        shown = f"{form.media}{form['photos']}{form['manual']}"

    assert shown.count('type="file"') == 2
    assert "uploader" not in shown


@pytest.mark.parametrize(
    ("name", "upload"),
    [
        ("photos", ContentFile(b"Notes.", name="notes.txt")),
        ("manual-upload", ContentFile(b"", name="\0")),
    ],
)
def test_refused_upload__is_an_error_of_the_field(seller, product, name, upload):
    form = form_of(seller, product, {name: [upload]}, product)

    assert {*form.errors} == {name.removesuffix("-upload")}


def test_upload_that_the_column_does_not_take__is_an_error_of_the_field(
    seller, product, monkeypatch
):
    column = Product._meta.get_field("manual").remote_field
    monkeypatch.setattr(column, "limit_choices_to", {"content_type__startswith": "image/"})

    notes = ContentFile(b"Notes.", name="notes.txt")
    assert {*form_of(seller, product, {"manual-upload": [notes]}, product).errors} == {"manual"}
    form = form_of(seller, product, {"manual-upload": [picture()]}, product)
    assert form.save().manual.name == "front.jpg"


def render(text, user, **values):
    request = RequestFactory().get("/")
    request.user = user
    return Template("{% load org_files %}" + text).render(Context({"request": request, **values}))


def test_templates__show_what_the_user_may_see(seller, rival, product, acme):
    photo = product.photos.add(picture(), by=seller)
    product.manual = make_stored_file(acme, seller)
    tag = '{% org_files_attachments product "photos" %}'

    shown = render(tag, seller, product=product)
    assert f'src="{photo.rendition(200).url}"' in shown
    assert f"{photo.rendition(200).url} 1x, {photo.rendition(400).url} 2x" in shown
    assert render(tag, rival, product=product).strip() == ""
    button = render("{{ product.manual|org_files_button }}", seller, product=product)
    assert f'href="{product.manual.url}"' in button


@pytest.mark.parametrize(
    "tag",
    [
        "{{ product.manual|org_files_button }}",
        "{{ nothing.manual|org_files_button }}",
        "{% org_files_picture product.manual height=200 %}",
        "{% org_files_picture nothing %}",
        "{% org_files_link product.manual %}",
        "{% org_files_link nothing %}",
        "{% org_files_attachments nothing %}",
        "{% load org_files_web %}{% org_files_button product.manual %}",
        "{% load org_files_web %}{% org_files_button nothing %}",
    ],
)
def test_tag_without_a_file__shows_nothing(seller, product, tag):
    assert render(tag, seller, product=product) == ""


def test_picture__is_no_higher_than_the_one_that_is_served(seller, product):
    photo = product.photos.add(picture(), by=seller)
    highest = list(heights_of(photo))[-1]

    def shown(height):
        return render(f"{{% org_files_picture photo height={height} %}}", seller, photo=photo)

    assert f'height="{highest}"' in shown(highest + 100)
    assert 'height="150"' in shown("'150'")
    assert shown("nothing") == shown("None")
    for height in ("'high'", "0", "-200"):
        with pytest.raises(TemplateSyntaxError):
            shown(height)
