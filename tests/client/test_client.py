"""The parts of the client that need no site."""

import json
import os
import subprocess
import sys
from ssl import SSLCertVerificationError

import pytest

from org_files.client.__main__ import main
from org_files.client.connection import ClientError, Patience, Site
from org_files.client.downloading import safe_name
from org_files.client.progress import line_of, printable
from org_files.client.state import State


def test_client__needs_the_standard_library_alone():
    check = "import sys, org_files.client.__main__; print('django' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("film.mp4", "film.mp4"),
        ("../../.bashrc", ".._.._.bashrc"),
        ("C:\\Windows\\a.dll", "C__Windows_a.dll"),
        ("Meeting 10:30?.txt", "Meeting 10_30_.txt"),
        ("nul.txt", "_nul.txt"),
        ("..", "download"),
        ("", "download"),
    ],
)
def test_name_of_a_download__is_one_of_a_file_on_every_system(name, expected):
    assert safe_name(name) == expected


@pytest.mark.parametrize(("columns", "has_bar"), [(120, True), (40, False)])
def test_line_of_a_bar__fits(columns, has_bar):
    line = line_of("film.mp4", 25 * 1024**2, 100 * 1024**2, 5 * 1024**2, columns)
    assert len(line) == columns - 1
    assert ("#" in line) is has_bar
    if has_bar:
        assert "25% 25.0/100.0 MiB 5.0 MiB/s 00:15 left" in line


def test_characters_that_a_terminal_obeys__are_not_written():
    assert printable("a\x1b[31mb\r\n") == "a?[31mb??"


def test_token__goes_to_its_own_host_alone():
    site = Site("https://example.com/api", "secret")
    assert site.url == "https://example.com/api/"
    assert site.here("http://10.0.0.1:8000/api/uploads/1/") == "https://example.com/api/uploads/1/"
    assert site.here("//evil.example/x") == "https://example.com/x"


@pytest.mark.parametrize(
    "values",
    [
        *(("ftp://example.com/",), ("example.com",), ("http://a:b/",), ("http://[/",)),
        *(("http://me:secret@a/",), ("http://a/ b/",), ("http://a/?b",), ("http://a/", "x\n")),
    ],
)
def test_address_or_token_of_another_form__is_refused(values):
    with pytest.raises(ClientError):
        Site(*values)


def test_state__is_found_for_the_same_upload_and_private(tmp_path):
    state = State(tmp_path / "new", "https://example.com/", "film.mp4", 10)
    assert state.load() == ""
    state.save("https://example.com/api/uploads/1/")
    same = State(tmp_path / "new", "https://example.com/", "film.mp4", 10)
    other = State(tmp_path / "new", "https://example.com/", "film.mp4", 11)
    assert (same.load(), other.load()) == ("https://example.com/api/uploads/1/", "")
    assert state.path.stat().st_mode & 0o077 == 0
    assert state.path.parent.stat().st_mode & 0o077 == 0
    state.path.write_text("[")
    assert same.load() == ""
    same.forget()
    assert not state.path.exists()


def test_state_that_is_too_old__is_removed(tmp_path):
    old, new = State(tmp_path, "old"), State(tmp_path, "new")
    old.save("https://example.com/1/")
    os.utime(old.path, (1, 1))
    new.save("https://example.com/2/")
    assert (old.path.exists(), new.path.exists()) == (False, True)


def test_patience__ends_without_progress_alone():
    waits = []
    patience = Patience(2, waits.append)
    patience.wait(OSError())
    patience.wait(OSError(), "7")
    patience.reset()
    patience.wait(OSError())
    patience.wait(OSError())
    with pytest.raises(ClientError):
        patience.wait(OSError())
    assert waits == [0.25, 7.0, 0.25, 0.5]


def test_certificate_that_is_refused__is_not_tried_again():
    with pytest.raises(ClientError, match="certificate verify failed"):
        Patience(2, pytest.fail).wait(SSLCertVerificationError("certificate verify failed"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["upload"],
        ["upload", "a", "--url", ""],
        ["upload", "a", "b", "--name", "c", "--url", "http://127.0.0.1:1/"],
        ["download", "a", "b", "--to", "no-folder", "--url", "http://127.0.0.1:1/"],
        ["upload", "a", "--part-size", "0", "--url", "http://127.0.0.1:1/"],
        ["upload", "a", "--url", "127.0.0.1"],
        ["upload", "a", "--token-command", "false", "--url", "http://127.0.0.1:1/"],
    ],
)
def test_command_that_cannot_be__is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_file_that_cannot_be_sent__is_an_error_of_its_own(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("a")
    url = ["--url", "http://127.0.0.1:1/", "--retries", "0", "--json", "--state", str(tmp_path)]
    files = [str(tmp_path / "a.txt"), str(tmp_path / "missing"), str(tmp_path), os.devnull]
    assert main(["upload", *files, *url]) == 1
    written = [json.loads(line)["error"] for line in capsys.readouterr().out.splitlines()]
    for error, expected in zip(
        written, ["connection failed", "No such file", "directory", "regular file"], strict=True
    ):
        assert expected in error
