"""Names in Content-Disposition: RFC 6266, appendix D, and RFC 8187."""

import pytest

from org_files.delivery.names import content_disposition


@pytest.mark.parametrize(
    ("name", "fallback", "encoded"),
    [
        ("report, final; v=1.pdf", "report, final; v=1.pdf", None),
        # Chromium and wget decode the fallback.
        ("50%20off.txt", "50_20off.txt", "50%2520off.txt"),
        ("100%.txt", "100_.txt", "100%25.txt"),
        # Escapes are read in different ways.
        ('say "hi".txt', "say _hi_.txt", "say%20%22hi%22.txt"),
        ("a\\b.txt", "a_b.txt", "a%5Cb.txt"),
        # Only rows that were not stored by the package have it.
        ("a/b.txt", "a_b.txt", "a%2Fb.txt"),
        ("a\r\nX: y\x7f.txt", "a__X: y_.txt", "a%0D%0AX%3A%20y%7F.txt"),
        ("отчёт.txt", "_____.txt", "%D0%BE%D1%82%D1%87%D1%91%D1%82.txt"),
        ("naïve (1).txt", "naive (1).txt", "na%C3%AFve%20%281%29.txt"),
        ("nai\u0308ve's.txt", "naive's.txt", "nai%CC%88ve%27s.txt"),
        ("한.txt", "_.txt", "%ED%95%9C.txt"),
        ("\u0308", "_", "%CC%88"),
        ("\ud800", "_", "%3F"),
    ],
)
def test_name__has_an_ascii_fallback_and_is_encoded_where_it_needs_it(name, fallback, encoded):
    expected = f'attachment; filename="{fallback}"'
    if encoded:
        expected += f"; filename*=utf-8''{encoded}"
    assert content_disposition(name) == expected


def test_content_without_a_name__is_still_an_attachment():
    assert content_disposition("") == "attachment"
    assert content_disposition("", inline=True) == "inline"
