"""python -m org_files.client upload FILE... --url URL, and download ID... --url URL"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
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
        description="Send files to a site, and fetch them. What breaks off goes on where it was: "
        "by itself, and when the same command is run again.",
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--url",
        default=os.environ.get("ORG_FILES_URL"),
        help="of the API, such as https://example.com/api/; $ORG_FILES_URL by default",
    )
    shared.add_argument(
        "--token",
        default=os.environ.get("ORG_FILES_TOKEN", ""),
        help="$ORG_FILES_TOKEN by default, which other users of this machine cannot see",
    )
    shared.add_argument("--scheme", default="Bearer", help="the word before the token: %(default)s")
    shared.add_argument("--json", action="store_true", help="write one JSON object for each file")
    shared.add_argument("--quiet", action="store_true", help="draw no progress bar")
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
            upload.add_argument(option, action="store_const", const="true", help="for everybody")
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
    options = parser().parse_args(arguments)
    if not options.url:
        parser().error("--url, or the variable ORG_FILES_URL, is needed")
    if len(options.files) > 1 and (
        options.name if options.command == "upload" else not options.to.is_dir()
    ):
        parser().error("several files need a folder, and names of their own")
    if options.command == "upload" and options.part_size < 1:
        parser().error("--part-size is at least 1")
    act = _upload if options.command == "upload" else _download
    failed = 0
    for file in options.files:
        bar = Bar(sys.stderr, str(file)) if not options.quiet else None
        try:
            site = Site(options.url, options.token, scheme=options.scheme, timeout=options.timeout)
            written = act(options, site, file, bar or (lambda _done, _size: None))
        except (ClientError, OSError) as error:
            failed += 1
            written = {"error": str(error), "code": getattr(error, "code", ""), "path": str(file)}
        except KeyboardInterrupt:
            sys.stderr.write("Interrupted. The same command goes on.\n")
            return 130
        finally:
            if bar is not None:
                bar.close()
        _tell(written, is_json=options.json)
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
    return {"path": str(file), **stored}


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


def _tell(written: dict[str, Any], *, is_json: bool) -> None:
    """Write what became of a file: to standard error what failed, unless as JSON."""
    if is_json:
        sys.stdout.write(json.dumps(written) + "\n")
    elif "error" in written:
        sys.stderr.write(f"{printable(written['path'])}: {printable(written['error'])}\n")
    else:
        sys.stdout.write(f"{printable(written['path'])}  {written['id']}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
