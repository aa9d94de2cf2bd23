"""The pages of one file, and its bytes as pages show them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from org_files import counters, get_file_model
from org_files.models import Download
from org_files.testing.counters import assert_exact
from org_files.testing.factories import make_link, make_stored_file, make_user, subscribe
from tests.pictures.stored import make_picture
from tests.web.pages import browser_of, queries_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(organization_member):
    return browser_of(organization_member)


def url_of(file, what=""):
    return f"/library/files/{file.public_id}/{what}"


def read_again(file):
    return get_file_model()._base_manager.get(pk=file.pk)


def test_page__has_details_for_readers_and_forms_for_those_who_may(
    browser, stored_file, organization_viewer
):
    counters.record_download(file=stored_file, user=make_user("reader", first_name="Grace"))
    forms = [
        *(f'action="{url_of(stored_file, what)}"' for what in ("", "trash/", "links/")),
        f'href="{url_of(stored_file, "remove/")}"',
        "Grace",
    ]

    page = text_of(browser.get(url_of(stored_file)))
    seen = text_of(browser_of(organization_viewer).get(url_of(stored_file)))

    for detail in (stored_file.sha256, "9\xa0bytes", "text/plain", "Acme", "1 download"):
        assert detail in page
        assert detail in seen
    assert [form for form in forms if form not in page] == []
    assert [form for form in forms if form in seen] == []
    assert f'href="{url_of(stored_file, "content/")}"' in seen


def test_site__shows_its_own_columns_by_one_block(browser, stored_file, settings, tmp_path):
    folder = tmp_path / "org_files_web"
    folder.mkdir()
    (folder / "file.html").write_text(
        '{% extends "org_files_web/file.html" %}'
        "{% block org_files_more_details %}<dt>Kept in</dt><dd>{{ file.storage_alias }}</dd>"
        "{% endblock %}"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]

    page = text_of(browser.get(url_of(stored_file)))

    assert "<dt>Kept in</dt><dd>org_files</dd>" in page
    assert stored_file.sha256 in page


def test_page__asks_as_often_for_many_links_and_downloads(browser, stored_file):
    def add(number):
        for _ in range(number):
            make_link(stored_file)
            counters.record_download(file=stored_file, user=make_user())

    paths = [url_of(stored_file, what) for what in ("", "links/", "downloads/")]
    add(1)
    few = [queries_of(browser, path) for path in paths]
    add(29)

    assert [queries_of(browser, path) for path in paths] == few
    page = text_of(browser.get(paths[0]))
    assert f'href="{paths[1]}"' in page
    assert f'href="{paths[2]}"' in page


def test_change__is_saved(browser, stored_file):
    answer = browser.post(
        url_of(stored_file),
        {"name": "b.csv", "comment": "New", "is_public": ["false", "true"]},
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, url_of(stored_file))
    changed = read_again(stored_file)
    assert (changed.name, changed.content_type) == ("b.csv", "text/csv")
    assert (changed.comment, changed.is_public) == ("New", True)
    page = text_of(browser.get(url_of(stored_file)))
    assert "The changes are saved." in page
    assert "The changes are saved." not in text_of(browser.get(url_of(stored_file)))


def test_change_with_an_error__keeps_what_was_typed(browser, stored_file):
    typed = {"name": "..", "comment": "<b>", "resource": "a/b", "is_public": "true"}

    answer = browser.post(url_of(stored_file), typed)

    assert answer.status_code == 400
    page = text_of(answer)
    assert "Takes no slash, and is not . or .. alone." in page
    assert 'value="a/b"' in page
    assert "&lt;b&gt;</textarea>" in page
    assert 'value="true" checked' in page
    assert read_again(stored_file).comment == ""


def test_expiry__is_typed_in_the_zone_of_the_site(browser, stored_file, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        browser.post(url_of(stored_file), {"expires_at": "2100-01-31T09:30"})

    at = datetime(2100, 1, 31, 0, 30, tzinfo=UTC)
    assert read_again(stored_file).expires_at == at
    page = text_of(browser.get(url_of(stored_file)))
    assert 'value="2100-01-31T09:30:00"' in page
    assert "Time zone: Asia/Tokyo." in page
    assert 'datetime="2100-01-31T00:30:00Z"' in page


def test_expiry_that_is_not_touched__stays_as_it_is(browser, stored_file):
    # The field shows whole seconds.
    soon = timezone.now() + timedelta(days=1, microseconds=7)
    get_file_model().objects.filter(pk=stored_file.pk).update(expires_at=soon)
    shown = browser.get(url_of(stored_file)).context["fields"]
    values = {field.name: field.value for field in shown if field.name in ("name", "expires_at")}

    assert browser.post(url_of(stored_file), {**values, "comment": "New"}).status_code == 303
    assert read_again(stored_file).expires_at == soon
    assert browser.post(url_of(stored_file), {"expires_at": ""}).status_code == 303
    assert read_again(stored_file).expires_at is None


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.json", "a.svgz.xml"])
def test_text__is_shown_as_text_and_not_counted(browser, organization, name):
    file = make_stored_file(organization, name=name, content=b"<script>alert(1)</script>\n\xc3\xa9")

    page = text_of(browser.get(url_of(file)))

    assert "&lt;script&gt;alert(1)&lt;/script&gt;\né</pre>" in page
    assert "<script>alert" not in page
    assert_exact(file, 0)


def test_long_text__is_cut(browser, organization):
    file = make_stored_file(organization, name="a.txt", content=b"\xc3\xa9" * 40_000 + b"end")

    page = text_of(browser.get(url_of(file)))

    assert page.count("é") == 32 * 1024
    assert "The beginning of the text." in page


def test_table__is_shown_as_one(browser, organization):
    file = make_stored_file(organization, name="a.csv", content=b"Year;<b>\n1878;1,5\n")

    page = text_of(browser.get(url_of(file)))

    assert '<th scope="col">Year</th><th scope="col">&lt;b&gt;</th>' in page
    assert "<td>1878</td><td>1,5</td>" in page
    assert "The beginning of the table." not in page
    assert_exact(file, 0)


@pytest.mark.parametrize("name", ["a.txt", "a.csv"])
def test_file_whose_bytes_are_lost__has_its_page(browser, organization, name):
    file = make_stored_file(organization, name=name)
    file.content.storage.delete(file.content.name)

    assert "The bytes of this file cannot be read at the moment." in text_of(
        browser.get(url_of(file))
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.mp3", '<audio src="{preview}" controls preload="none"'),
        ("a.mp4", '<video src="{preview}" controls preload="none"'),
        ("a.pdf", 'href="{preview}" target="_blank"'),
        ("a.zip", "There is no preview of this file of 9\xa0bytes."),
        ("a.svg", "There is no preview"),
    ],
)
def test_other_contents__are_fetched_only_when_asked_for(browser, organization, name, expected):
    file = make_stored_file(organization, name=name)

    page = text_of(browser.get(url_of(file)))

    assert expected.format(preview=url_of(file, "preview/")) in page


def test_types_that_are_not_shown_inline__have_no_player(browser, organization, settings):
    settings.ORG_FILES = {"INLINE_TYPES": ["text/plain"]}
    for name in ("a.mp3", "a.pdf"):
        file = make_stored_file(organization, name=name)
        assert url_of(file, "preview/") not in text_of(browser.get(url_of(file)))


def test_picture__is_shown_in_the_heights_of_the_tier(browser, organization):
    subscribe(organization, heights=[200, 400], allow_original=False)
    picture = make_picture(organization)

    page = text_of(browser.get(url_of(picture)))

    low, high = (url_of(picture, f"preview/{height}/") for height in (200, 400))
    assert f'srcset="{low} 1x, {high} 2x"' in page
    assert f'<img src="{high}"' in page
    # No original.
    assert url_of(picture, "content/") not in page
    assert browser.get(url_of(picture, "content/")).status_code == 403
    assert browser.get(url_of(picture, "preview/")).status_code == 403


@pytest.mark.parametrize("backend", ["Redirect", "FrontServer"])
def test_previews__are_sent_by_the_site_whatever_the_delivery_is(
    browser, organization, settings, backend
):
    settings.ORG_FILES = {"DELIVERY": {"BACKEND": f"tests.delivery.backends.{backend}"}}
    sound = make_stored_file(organization, name="a.mp3", content=b"0123456789")
    picture = make_picture(organization)

    rendition = browser.get(url_of(picture, "preview/200/"))
    assert rendition.getvalue().startswith(b"\xff\xd8\xff")
    assert rendition.headers["Content-Disposition"].startswith("inline")
    assert_exact(picture, 0)
    for start in (0, 4):
        part = browser.get(url_of(sound, "preview/"), headers={"Range": f"bytes={start}-"})
        assert (part.status_code, part.getvalue()) == (206, b"0123456789"[start:])
        assert part.headers["Content-Disposition"].startswith("inline")
        # What a player fetches is one download.
        assert_exact(sound, 1)
    download = browser.get(url_of(sound, "content/"))
    assert download.headers.keys() & {"Location", "X-Accel-Redirect"}
    assert_exact(sound, 2)


def test_download__counts_for_the_user(browser, stored_file, organization_member):
    answer = browser.get(url_of(stored_file, "content/"))

    assert answer.getvalue() == b"A report."
    assert answer.headers["Content-Disposition"] == 'attachment; filename="report.txt"'
    assert browser.head(url_of(stored_file, "content/")).status_code == 200
    assert [row.user_id for row in Download.objects.all()] == [organization_member.pk]
    page = text_of(browser.get(url_of(stored_file)))
    assert "Downloads of the last 30 days: 1 download" in page
    assert "<rect" in page


def test_throttles_of_the_site__hold_for_bytes(browser, stored_file, monkeypatch):
    from rest_framework.settings import api_settings
    from rest_framework.throttling import BaseThrottle

    class Never(BaseThrottle):
        def allow_request(self, request, view):
            return False

        def wait(self):
            return 7

    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_CLASSES", [Never])

    answer = browser.get(url_of(stored_file, "content/"))

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert_exact(stored_file, 0)


def test_trash__can_be_undone(browser, stored_file):
    answer = browser.post(url_of(stored_file, "trash/"))

    assert (answer.status_code, answer.headers["Location"]) == (303, "/library/")
    assert read_again(stored_file).deleted_at
    page = text_of(browser.get("/library/"))
    assert "report.txt is in the trash." in page
    assert f'name="id" value="{stored_file.public_id}"' in page

    answer = browser.post(url_of(stored_file, "restore/"))

    assert answer.headers["Location"] == url_of(stored_file)
    assert read_again(stored_file).deleted_at is None


def test_trash__leads_back_to_this_site_alone(browser, organization, organization_member):
    for sent, expected in (("/library/?view=grid", None), ("https://example.com/", "/library/")):
        file = make_stored_file(organization, organization_member)
        answer = browser.post(url_of(file, "trash/"), {"next": sent})
        assert answer.headers["Location"] == (expected or sent)


def test_form_without_its_page__leads_to_the_file(browser, stored_file):
    for what in ("trash/", "restore/"):
        answer = browser.get(url_of(stored_file, what))
        assert (answer.status_code, answer.headers["Location"]) == (303, url_of(stored_file))


def test_removal__asks_first(browser, stored_file):
    page = text_of(browser.get(url_of(stored_file, "remove/")))
    assert "Remove report.txt for good?" in page
    assert "Its downloads stay counted." in page
    assert read_again(stored_file)

    answer = browser.post(url_of(stored_file, "remove/"))

    assert (answer.status_code, answer.headers["Location"]) == (303, "/library/")
    assert not get_file_model()._base_manager.filter(pk=stored_file.pk).exists()
    assert browser.get(url_of(stored_file)).status_code == 404


def test_downloads_of_a_file__come_in_pages(browser, stored_file, organization_member):
    user = make_user("reader", first_name="Grace")
    for _ in range(3):
        counters.record_download(file=stored_file, user=user)
    counters.record_download(file=stored_file, link=make_link(stored_file))
    path = url_of(stored_file, "downloads/")

    answer = browser.get(f"{path}?page_size=3")

    page = text_of(answer)
    assert page.count("Grace") == 2
    assert page.count("By a share link") == 1
    following = answer.context["pages"].get_next_link()
    assert following.startswith(path)
    assert text_of(browser.get(following)).count("Grace") == 1
