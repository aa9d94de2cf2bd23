"""Environment variables as values."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from example import environment as env


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("ON", True), ("0", False), (" no ", False)]
)
def test_flag__has_several_spellings(monkeypatch, value, expected):
    monkeypatch.setenv("SWITCH", value)
    assert env.flag("SWITCH", default=not expected) is expected


@pytest.mark.parametrize("value", ["", "  "])
def test_empty_variable__counts_as_not_set(monkeypatch, value):
    monkeypatch.setenv("VALUE", value)
    assert env.flag("VALUE", default=True) is True
    assert env.text("VALUE", "default") == "default"
    assert env.words("VALUE", default=["default"]) == ["default"]
    assert env.whole_number("VALUE", minimum=1, default=None) is None
    assert env.folder("VALUE") is None


@pytest.mark.parametrize("value", ["-1", "0", "10 MB", "٣", "9" * 19])
def test_number__that_is_no_whole_number_in_range__is_refused(monkeypatch, value):
    monkeypatch.setenv("SIZE", value)
    with pytest.raises(ImproperlyConfigured, match="SIZE must be a whole number, 1 or more"):
        env.whole_number("SIZE", minimum=1, default=None)


def test_number_words_and_folder__are_read(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, value in (("SIZE", "1048576"), ("HOSTS", "a.org, b.org,,"), ("FOLDER", "media")):
        monkeypatch.setenv(name, value)
    assert env.whole_number("SIZE", minimum=1, default=None) == 1048576
    assert env.words("HOSTS") == ["a.org", "b.org"]
    assert env.folder("FOLDER") == tmp_path / "media"
