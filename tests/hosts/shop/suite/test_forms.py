"""Files of products in the site's own forms and templates."""

import pickle
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django import forms
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils.datastructures import MultiValueDict

from org_files import get_file_model
from org_files.attachments import AttachmentsForm, AttachmentsFormField, changes
from org_files.attachments.changes import AttachmentChanges
from org_files.attachments.pending import PendingFile
from org_files.exceptions import QuotaExceeded
from org_files.files import restore_file, trash_file
from org_files.testing.factories import join, make_organization, make_stored_file
from org_files.tiers import heights_of
from tests.hosts.shop.goods.models import Product
from tests.hosts.shop.suite.conftest import picture
from tests.pictures.stored import photo


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
        assert 'type="file"' not in str(form["photos"])
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


def test_upload_that_the_column_does_not_take__is_an_error_of_the_field(
    seller, product, monkeypatch
):
    column = Product._meta.get_field("manual").remote_field
    monkeypatch.setattr(column, "limit_choices_to", {"content_type__startswith": "image/"})

    notes = ContentFile(b"Notes.", name="notes.txt")
    assert {*form_of(seller, product, {"manual-upload": [notes]}, product).errors} == {"manual"}
    form = form_of(seller, product, {"manual-upload": [picture()]}, product)
    assert form.save().manual.name == "front.jpg"


def test_form_of_a_new_product__refuses_photos_that_it_could_not_keep(seller, rival, product):
    six = [picture(f"{number}.jpg") for number in range(6)]

    assert {*form_of(seller, product, {"photos": six}).errors} == {"photos"}
    assert {*form_of(rival, product, {"photos": six[:1]}).errors} == {"photos"}
    assert form_of(rival, product).is_valid()
    # The site may set the company only after that.
    form = form_of(rival, product, {"photos": six[:1]}, store="")
    assert {*form.errors} == {"store"}


def add_photos(product, seller, number):
    return [product.photos.add(picture(f"{each}.jpg"), by=seller) for each in range(number)]


def test_removed_ids__count_only_if_they_are_of_photos_of_the_product(seller, product):
    photos = add_photos(product, seller, 5)
    invented = {"photos-remove": [str(uuid4()) for _each in range(9)]}
    removed = {"photos-remove": [str(photos[0].public_id)]}

    form = form_of(seller, product, {"photos": [picture()]}, product, **invented)
    assert {*form.errors} == {"photos"}
    form_of(seller, product, {"photos": [picture("new.jpg")]}, product, **removed).save()
    assert product.photos.count() == 5
    assert product.photos.last().name == "new.jpg"


def test_rights_to_remove_photos__are_asked_for_all_at_once(seller, product):
    ids = [str(file.public_id) for file in add_photos(product, seller, 4)]
    counts = set()
    for removed in ids[:1], ids[:3]:
        with CaptureQueriesContext(connection) as queries:
            assert AttachmentChanges(seller, removed=removed).leaves_files(product.photos)
        counts.add(len(queries))

    assert len(counts) == 1


@pytest.mark.parametrize("number", [1, 5])
def test_removed_photo__stays_if_the_upload_in_its_place_is_not_stored(
    seller, product, monkeypatch, number
):
    photos = add_photos(product, seller, number)
    removed = {"photos-remove": [str(photos[0].public_id)]}
    form = form_of(seller, product, {"photos": [picture()]}, product, **removed)
    assert form.is_valid()

    monkeypatch.setattr(changes, "store_file", Mock(side_effect=QuotaExceeded))
    with pytest.raises(QuotaExceeded):
        form.save()
    assert list(product.photos.all()) == photos


@pytest.mark.django_db(transaction=True)
def test_changes__hold_no_transaction_for_bytes_or_for_their_reader(
    seller, product, acme, states_of_writes
):
    form_of(seller, product, {"photos": [picture()]}, product).save()
    assert (product.photos.count(), states_of_writes) == (1, [False])

    stored = [str(make_stored_file(acme, seller).public_id)]
    changed = AttachmentChanges(seller, [picture()], stored=stored)
    for files in (changed.link(product.drawings), changed.add(product.drawings)):
        assert [connection.in_atomic_block for _file in files] == [False]
    assert product.drawings.count() == 2


def test_upload_of_a_column__is_stored_by_a_second_save_if_the_first_fails(
    seller, product, monkeypatch
):
    manual = ContentFile(b"Press.", name="manual.txt")
    product.manual = PendingFile(manual, seller, "manual.txt")

    monkeypatch.setattr("org_files.files.store_file", Mock(side_effect=QuotaExceeded))
    with pytest.raises(QuotaExceeded), transaction.atomic():
        product.save()
    monkeypatch.undo()
    product.save()
    product.refresh_from_db()
    assert product.manual.name == "manual.txt"


def test_disabled_field__shows_photos_and_changes_none(seller, product):
    kept = product.photos.add(picture(), by=seller)
    removed = {"photos-remove": [str(kept.public_id)]}
    form = form_of(seller, product, {"photos": [picture()]}, product, **removed)
    form.fields["photos"].disabled = True

    form.save()
    assert product.photos.get() == kept
    assert "photos" not in form.changed_data
    assert kept.name in (shown := str(form["photos"]))
    assert "<input" not in shown


def test_required_photos__are_those_that_stay(seller, product):
    kept = product.photos.add(picture(), by=seller)

    for removed, errors in ("no id", set()), (str(kept.public_id), {"photos"}):
        form = form_of(seller, product, instance=product, **{"photos-remove": [removed]})
        form.fields["photos"].required = True
        assert {*form.errors} == errors


def test_search_without_a_word__finds_no_file(seller, product, acme):
    make_stored_file(acme, seller, name="only.jpg", content=photo())

    for search, errors in ("\0", {"photos"}), ("only", set()):
        form = form_of(seller, product, instance=product, **{"photos-search": search})
        assert {*form.errors} == errors


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
