"""python -m org_files.client upload FILE... --url URL, and download ID... --url URL"""

from __future__ import annotations

import argparse
import getpass
import io
import json
import logging
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from org_files.client.connection import ClientError, Site
from org_files.client.downloading import download_file
from org_files.client.progress import Bar, printable
from org_files.client.uploading import PART_SIZE, RETRIES, upload_file

MIB = 1024 * 1024
FIELDS = ("organization", "comment", "resource", "resource_id", "is_public", "expires_at")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    found = argparse.ArgumentParser(
        prog="python -m org_files.client",
        description="Upload files to a site, and download them. A transfer that breaks off is "
        "resumed: by itself, and when the same command is run again.",
        epilog="Exit codes: 0, 1 if a file failed, 2 for wrong arguments, 130 after Ctrl-C.",
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--url",
        default=os.environ.get("ORG_FILES_URL"),
        help="of the API, such as https://example.com/api/; $ORG_FILES_URL by default",
    )
    tokens = shared.add_mutually_exclusive_group()
    tokens.add_argument(
        "--token",
        default=os.environ.get("ORG_FILES_TOKEN", ""),
        help="$ORG_FILES_TOKEN by default, which other users of this machine cannot see; "
        "- to be asked for it, or to read it from standard input",
    )
    tokens.add_argument(
        "--token-command",
        metavar="COMMAND",
        help="prints a token; it is run again when the site no longer takes that",
    )
    shared.add_argument("--scheme", default="Bearer", help="the word before the token: %(default)s")
    shared.add_argument("--json", action="store_true", help="write one JSON object for each file")
    shared.add_argument(
        "--quiet", action="store_true", help="no progress bar, and no word of attempts that fail"
    )
    shared.add_argument(
        "--retries",
        type=int,
        default=RETRIES,
        help="attempts without progress after which a file is given up: %(default)s",
    )
    shared.add_argument(
        "--timeout", type=float, default=120, help="seconds of silence of a site: %(default)s"
    )
    commands = found.add_subparsers(dest="command", required=True)
    upload = commands.add_parser("upload", parents=[shared], help="send files")
    upload.add_argument("files", nargs="+", metavar="FILE", type=Path)
    upload.add_argument("--name", default="", help="of the new file, if there is only one")
    for field in FIELDS:
        option = "--" + field.replace("_", "-")
        if field == "is_public":
            upload.add_argument(option, action="store_const", const="true", help="for all users")
        else:
            upload.add_argument(option, help="of the new files")
    upload.add_argument(
        "--part-size",
        type=int,
        default=PART_SIZE // MIB,
        metavar="MIB",
        help="MiB of one request, at most: %(default)s",
    )
    upload.add_argument(
        "--state", type=Path, metavar="FOLDER", help="of unfinished uploads, instead of the cache"
    )
    download = commands.add_parser("download", parents=[shared], help="fetch files")
    download.add_argument("files", nargs="+", metavar="ID", help="id of a file, or its URL")
    download.add_argument(
        "--to", type=Path, default=Path(), metavar="PATH", help="a folder, or the path of one file"
    )
    download.add_argument("--replace", action="store_true", help="replace files that are there")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command: 0 if all files were sent or fetched, 1 if not, 130 if it was interrupted."""
    commands = parser()
    options = commands.parse_args(arguments)
    if not options.url:
        commands.error("--url, or the variable ORG_FILES_URL, is needed")
    act: Callable[..., dict[str, Any]] = _upload if options.command == "upload" else _download
    if options.command == "upload":
        if options.name and len(options.files) > 1:
            commands.error("--name is for one file")
        if options.part_size < 1:
            commands.error("--part-size is at least 1")
    elif len(options.files) > 1 and not options.to.is_dir():
        commands.error("--to is an existing folder for several files")
    has_bar = sys.stderr.isatty() and not options.quiet
    # Below the bar, which is drawn again.
    logging.basicConfig(format="\n%(message)s" if has_bar else "%(message)s")
    logging.getLogger("org_files.client").setLevel("ERROR" if options.quiet else "WARNING")
    try:
        site = Site(options.url, _token(options), scheme=options.scheme, timeout=options.timeout)
        return _run(partial(act, options, site), options, has_bar=has_bar)
    except ClientError as error:
        commands.error(str(error))
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. Run the same command again to go on.\n")
        return 130


def _token(options: argparse.Namespace) -> str | Callable[[], str]:
    """Return the token, or a function for one. Raises ``ClientError``."""
    if command := options.token_command:
        return partial(_printed, command if os.name == "nt" else shlex.split(command))
    if options.token != "-":  # noqa: S105
        return str(options.token)
    asked = getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()
    return asked.strip()


def _printed(command: str | list[str]) -> str:
    """Return the token that ``command`` prints."""
    try:
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        raise ClientError(f"The command for a token failed: {error}") from error
    return ran.stdout.strip()


def _run(
    act: Callable[[Any, Callable[[int, int], None]], dict[str, Any]],
    options: argparse.Namespace,
    *,
    has_bar: bool,
) -> int:
    """Send or fetch each file, and return the exit code."""
    failed = 0
    for file in options.files:
        bar = Bar(sys.stderr, str(file)) if has_bar else None
        try:
            done = act(file, bar or (lambda _done, _size: None))
        except (ClientError, OSError) as error:
            failed += 1
            _tell_failure(str(file), error, is_json=options.json)
        else:
            _tell(done, is_json=options.json)
        finally:
            if bar is not None:
                bar.close()
    return 1 if failed else 0


def _upload(
    options: argparse.Namespace, site: Site, file: Path, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    fields = {name: value for name in FIELDS if (value := getattr(options, name)) is not None}
    stored = upload_file(
        site,
        file,
        name=options.name,
        fields=fields,
        part_size=options.part_size * MIB,
        retries=options.retries,
        folder=options.state,
        progress=progress,
    )
    return {**stored, "path": str(file)}


def _download(
    options: argparse.Namespace, site: Site, file: str, progress: Callable[[int, int], None]
) -> dict[str, Any]:
    path = download_file(
        site,
        file,
        options.to,
        replace=options.replace,
        retries=options.retries,
        progress=progress,
    )
    return {"path": str(path), "id": file}


def _tell(done: dict[str, Any], *, is_json: bool) -> None:
    if is_json:
        sys.stdout.write(json.dumps(done) + "\n")
    else:
        sys.stdout.write(f"{printable(done['path'])}  {done['id']}\n")
    sys.stdout.flush()


def _tell_failure(path: str, error: Exception, *, is_json: bool) -> None:
    """Write to standard error, or as JSON to standard output."""
    if is_json:
        code = getattr(error, "code", "")
        sys.stdout.write(json.dumps({"path": path, "error": str(error), "code": code}) + "\n")
        sys.stdout.flush()
    else:
        sys.stderr.write(f"{printable(path)}: {printable(str(error))}\n")


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names that the encoding of a terminal or a pipe does not have.
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
