"""A process that scales pictures, and prints by how many MiB it has grown at most.

Arguments: the number of threads, each of which scales all of them, and their files. The first is
scaled before anything is measured.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import django
from django.conf import settings

MIB = 1024 * 1024


def resident(which: str) -> int:
    """Return bytes: ``VmRSS`` of this moment, ``VmHWM`` at most."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    [line] = [line for line in lines if line.startswith(which)]
    return int(line.split()[1]) * 1024


def main(count: int, files: list[str]) -> None:
    """Scale every file in each of so many threads at once."""
    from org_files.exceptions import NotAPicture, RenditionsBusy
    from org_files.renditions import Box, scale

    outcomes: list[tuple[str, str]] = []

    def work(number: int) -> None:
        # Each begins with another one.
        for name in files[number % len(files) :] + files[: number % len(files)]:
            with Path(name).open("rb") as content:
                try:
                    for made in scale(content, [Box(height=400), Box(200, 200)]):
                        made.content.close()
                    outcomes.append((Path(name).name, "made"))
                except (NotAPicture, RenditionsBusy) as error:
                    outcomes.append((Path(name).name, error.code))

    # What every process has once that scales pictures: Pillow, and two threads.
    idle_file = files.pop(0)
    with Path(idle_file).open("rb") as content:
        scale(content, [Box(200, 200)])
    idle = resident("VmRSS")
    # The most so far is forgotten.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"growth": (resident("VmHWM") - idle) / MIB, "outcomes": outcomes}))


if __name__ == "__main__":
    settings.configure()
    django.setup()
    main(int(sys.argv[1]), sys.argv[2:])
