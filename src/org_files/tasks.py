"""Tasks for Celery, which finds this module by its name. Each is one call of a service.

They take ids, and find that an object is gone when they run.
"""

import logging

from celery import shared_task

from org_files import get_file_model, maintenance, pictures
from org_files.exceptions import NotAPicture, RenditionsBusy, StorageFull, StorageUnavailable
from org_files.models import AbstractFile, live
from org_files.tiers import TIER
from org_files.uploads import direct

logger = logging.getLogger("org_files.tasks")


@shared_task(
    name="org_files.make_renditions",
    ignore_result=True,
    autoretry_for=(RenditionsBusy, StorageUnavailable, StorageFull),
    retry_backoff=5,
    max_retries=5,
)
def make_renditions(public_id: str) -> int:
    """Make the missing renditions of the file with this public id; return how many were made."""
    files = get_file_model()._default_manager.select_related("organization", TIER)
    file: AbstractFile | None = files.filter(live(), public_id=public_id).first()
    if file is None:
        return 0
    try:
        return pictures.make_renditions(file=file)
    except NotAPicture as error:
        logger.info("File %s has no smaller pictures: %s", public_id, error)
    except type(file).DoesNotExist:
        logger.info("File %s is gone meanwhile.", public_id)
    return 0


@shared_task(name="org_files.run_job", ignore_result=True)
def run_job(name: str) -> dict[str, int]:
    """Run a job of ``org_files.maintenance``, and return its counts.

    Does nothing for the job of an app that is not installed.
    """
    return maintenance.run_job(name) if name in maintenance.JOBS else {}


@shared_task(
    name="org_files.hash_file",
    ignore_result=True,
    autoretry_for=(StorageUnavailable, StorageFull),
    retry_backoff=5,
    max_retries=5,
)
def hash_file(public_id: str) -> bool:
    """Make the digest of the file with this public id; return whether it was missing."""
    file = direct.unhashed_files().filter(public_id=public_id).first()
    if file is not None:
        direct.hash_file(file)
    return file is not None
