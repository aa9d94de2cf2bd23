from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from example import environment as env


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("ON", True), ("0", False), (" no ", False)],
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


def test_flag__that_is_neither__is_refused_by_name(monkeypatch):
    monkeypatch.setenv("SWITCH", "maybe")
    with pytest.raises(ImproperlyConfigured, match=r"SWITCH must be one of .* not 'maybe'"):
        env.flag("SWITCH", default=True)


def test_choice__that_is_none_of_them__is_refused_with_the_list(monkeypatch):
    monkeypatch.setenv("COLOUR", "blue")
    with pytest.raises(ImproperlyConfigured, match="COLOUR must be one of red, green, not 'blue'"):
        env.choice("COLOUR", ["red", "green"], default="red")


@pytest.mark.parametrize("value", ["-1", "0", "10 MB", "٣", "9" * 19])
def test_number__that_is_no_whole_number_in_range__is_refused(monkeypatch, value):
    monkeypatch.setenv("SIZE", value)
    with pytest.raises(ImproperlyConfigured, match="SIZE must be a whole number, 1 or more"):
        env.whole_number("SIZE", minimum=1, default=None)


def test_number__is_read(monkeypatch):
    monkeypatch.setenv("SIZE", "1048576")
    assert env.whole_number("SIZE", minimum=1, default=None) == 1048576


def test_words__lose_blanks_and_empty_places(monkeypatch):
    monkeypatch.setenv("HOSTS", "a.example.org, b.example.org,,")
    assert env.words("HOSTS") == ["a.example.org", "b.example.org"]


def test_folder__is_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOLDER", "media")
    assert env.folder("FOLDER") == Path(tmp_path) / "media"
