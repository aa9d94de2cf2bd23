"""Files of products in the site's own forms and templates."""

import pickle

import pytest
from django import forms
from django.core.files.base import ContentFile
from django.template import Context, Template
from django.test import RequestFactory, override_settings
from django.utils.datastructures import MultiValueDict

from org_files import get_file_model
from org_files.attachments import AttachmentsForm, AttachmentsFormField
from org_files.files import restore_file, trash_file
from org_files.testing.factories import join, make_organization, make_stored_file
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


def test_form__keeps_a_manual_that_is_in_the_trash_or_not_seen(seller, rival, product, acme):
    product.manual = make_stored_file(acme, seller)
    product.save()

    for user, shown in ((seller, "in the trash"), (rival, "that you do not see")):
        if user == seller:
            trash_file(file=product.manual)
        else:
            restore_file(file=get_file_model().objects.get())
        saved = Product.objects.get()
        form = form_of(user, product, instance=saved, manual=str(saved.manual_id), name="Torch")
        assert f"A file {shown}" in str(form["manual"])
        assert get_file_model().objects.get().name not in str(form["manual"])
        form.save()
        assert Product.objects.get().manual_id == get_file_model().objects.get().pk
        # Another product may not take it.
        assert {*form_of(user, product, manual=str(saved.manual_id)).errors} == {"manual"}


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
    product.manual = None
    assert render("{{ product.manual|org_files_button }}", seller, product=product) == ""
