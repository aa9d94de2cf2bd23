"""Processes that are killed while they work on the database of the tests.

One child process has Django ready and forks another for each case, which does one thing. It kills
itself with SIGKILL after a certain statement or at a step, or is killed after some seconds.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from io import StringIO
from pathlib import Path

KILLED, FINISHED = "killed", "finished"


class Victims:
    """The test's side: starts the child process, and has it run one case after the other."""

    def __init__(self, *, database, storages):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.victims"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        #: Seconds that the last case took.
        self.seconds = 0.0
        # The host is that of Django's test client.
        known = {"DATABASES": {"default": database}, "STORAGES": storages}
        self._send(known | {"ALLOWED_HOSTS": ["testserver"]})

    def run(self, do, **case):
        """Run one case and return ``KILLED`` or ``FINISHED``. Raises what it wrote otherwise.

        The process dies after its ``statement``, or that number of statements that write if
        ``writes``, at its ``step``, or a number of seconds ``after`` its request or job has begun.
        Names in capitals are settings.
        """
        self._send({"do": do, **case})
        assert self.process.stdout is not None
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{do}: the child process is gone")
        end, self.seconds = json.loads(answer)
        if end not in (KILLED, FINISHED):
            raise RuntimeError(f"{do}: {end}")
        return str(end)

    def close(self):
        """End the child process."""
        self.process.communicate(timeout=10)

    def _send(self, message):
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message, default=str) + "\n")
        self.process.stdin.flush()


@contextmanager
def victims():
    """Start the child process on the database and the stores of the tests."""
    from django.conf import settings
    from django.db import connection

    child = Victims(database=connection.settings_dict, storages=settings.STORAGES)
    try:
        yield child
    finally:
        child.close()


def die():
    """End this process at once, as by ``kill -9``."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(step):
    """End the process around the bytes of ``store_file`` or of an import, between the commit of a
    deletion and its files, or between row and bytes of what is removed."""
    from org_files.attachments import deletion, emptying, importing
    from org_files.files import services
    from org_files.signals import file_deleted

    write_blob = services.write_blob
    if step == "received":
        services.write_blob = lambda *arguments: die()
    elif step == "written":
        services.write_blob = lambda *arguments: (write_blob(*arguments), die())
    elif step == "copied":
        copy_blob = importing.copy_blob
        importing.copy_blob = lambda *arguments, **options: (
            copy_blob(*arguments, **options),
            die(),
        )
    elif step == "emptied":
        emptying.OldFiles._delete = lambda *arguments: die()
    elif step == "committed":
        deletion.Deletion.end_files = lambda *arguments: die()
    else:
        file_deleted.connect(lambda **arguments: die(), weak=False)


def _do(
    do,
    begun,
    *,
    file=None,
    statement=0,
    writes=False,
    step="",
    **case,
):
    from django.apps import apps
    from django.contrib.auth import get_user_model
    from django.core.files.base import ContentFile
    from django.core.management import call_command
    from django.db import connection, transaction

    from org_files import counters, get_file_model, links, maintenance, pictures
    from org_files.links import passwords
    from org_files.models import Download, ShareLink
    from tests.accounts.pictures import photo, put
    from tests.rest.requests import signed_in

    files = get_file_model()._base_manager.filter(pk=file)

    def record():
        counters.record_download(file=files.get())

    def grant():
        counters.grant_download(files)

    def grant_many():
        counters.grant_downloads(files, number=1)

    def record_range():
        counters.record_range(file=files.get(), address="192.0.2.1", user_agent=case["reader"])

    def withdraw():
        counters.withdraw_download(Download.objects.filter(file=file).latest("pk"))

    def fold():
        counters.fold()

    def repair():
        counters.verify(repair=True)

    def make_renditions():
        pictures.make_renditions(file=files.get())

    def run_import():
        call_command("org_files_import", *case["arguments"], stdout=StringIO())

    def delete_objects():
        with transaction.atomic():
            for label in case["models"]:
                apps.get_model(label)._base_manager.all().delete()

    def run_fold():
        begun()
        maintenance.run_job("fold")
        Path(case["acknowledged"]).touch()

    def call(expected, send):
        """Send a request of the user; touch the file ``acknowledged`` once it is answered."""
        client = signed_in(get_user_model()._default_manager.get(pk=case["user"]))
        begun()
        answer = send(client)
        assert answer.status_code == expected, answer.content
        answer.getvalue()
        Path(case["acknowledged"]).touch()

    def upload():
        content = ContentFile(os.urandom(case["size"]), case["name"])
        call(201, lambda client: client.post("/api/files/", {"file": content}))

    def delete():
        call(204, lambda client: client.delete(f"/api/files/{case['id']}/?permanent=true"))

    def get_rendition():
        call(200, lambda client: client.get(f"/api/files/{case['id']}/renditions/200/"))

    def put_avatar():
        picture = photo()
        call(200, lambda client: put(client, picture))

    def try_password():
        # The try is booked before the password is checked.
        passwords.check_password = lambda *arguments: die()
        links.opens(ShareLink.objects.get(pk=case["link"]), "wrong", address=case["address"])

    deeds = (record, grant, grant_many, record_range, withdraw, fold, repair, make_renditions)
    deeds += (
        try_password,
        run_import,
        run_fold,
        delete_objects,
        upload,
        delete,
        get_rendition,
        put_avatar,
    )
    calls = {call.__name__: call for call in deeds}
    if step:
        die_at(step)
    executed = 0

    def count(execute, sql, *args):
        nonlocal executed
        if executed == statement > 0:
            die()
        result = execute(sql, *args)
        if not writes or any(word in sql for word in ("INSERT", "UPDATE", "DELETE")):
            executed += 1
            # SQLite commits a statement of its own when its row is fetched, after this call.
            commits_later = "RETURNING" in sql and not connection.in_atomic_block
            if executed == statement and not commits_later:
                die()
        return result

    connection.ensure_connection()
    with connection.execute_wrapper(count):
        calls[do]()
    if executed == statement > 0:
        die()


def _main():
    import django
    from django.conf import settings

    for setting, value in json.loads(sys.stdin.readline()).items():
        setattr(settings, setting, value)
    django.setup()
    _import_everything()
    for line in sys.stdin:
        case = json.loads(line)
        after = case.pop("after", None)
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            for name in filter(str.isupper, tuple(case)):
                setattr(settings, name, case.pop(name))
            _do(begun=partial(os.write, writing, b"."), **case)
            os._exit(0)
        os.close(writing)
        os.read(reading, 1)  # or nothing, where the process ended without a word
        began = time.monotonic()
        if after is not None:
            time.sleep(after)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        seconds = time.monotonic() - began
        os.close(reading)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            answer = KILLED
        else:
            answer = FINISHED if status == 0 else f"ended with wait status {status}"
        print(json.dumps([answer, seconds]), flush=True)


def _import_everything():
    """Import what a request needs, so that a case is nothing but its work."""
    from PIL import JpegImagePlugin  # noqa: F401

    from tests.rest.requests import AccessToken, Client

    str(AccessToken())
    # Without credentials: this process must not open a connection that its children inherit.
    logging.disable(logging.WARNING)
    assert Client().get("/api/files/").status_code == 401
    logging.disable(logging.NOTSET)


if __name__ == "__main__":
    _main()
