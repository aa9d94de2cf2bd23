"""Storages of the stored bytes, and the way in which they leave the site."""

from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from example import environment as env
from example.settings.base import BASE_DIR

#: The values of DELIVERY that each value of STORAGE allows. The prefixes are those of nginx.conf.
DELIVERIES: dict[str, dict[str, dict[str, Any]]] = {
    "local": {
        "stream": {"BACKEND": "org_files.delivery.StreamDelivery"},
        "xaccel": {
            "BACKEND": "org_files.delivery.XAccelDelivery",
            "OPTIONS": {"internal_prefix": "/protected/"},
        },
        "xsendfile": {"BACKEND": "org_files.delivery.XSendfileDelivery"},
    },
    "s3": {
        "stream": {"BACKEND": "org_files.delivery.StreamDelivery"},
        "redirect": {"BACKEND": "org_files.delivery.RedirectDelivery"},
        "nginx-s3": {
            "BACKEND": "org_files.delivery.XAccelStorageDelivery",
            "OPTIONS": {"internal_prefix": "/store/"},
        },
    },
}

#: The alias of each value of STORAGE. Both are there while files are moved from one to the other.
ALIASES = {"local": "org_files", "s3": "s3"}

storage = env.choice("STORAGE", ALIASES, default="local")
ways = DELIVERIES[storage]
delivery = env.choice("DELIVERY", {**DELIVERIES["local"], **DELIVERIES["s3"]}, default="stream")
if delivery not in ways:
    raise ImproperlyConfigured(
        f"DELIVERY={delivery} does not fit STORAGE={storage}, which needs one of {', '.join(ways)}."
    )

# The bytes of stored files only.
MEDIA_ROOT = env.folder("MEDIA_ROOT", default=BASE_DIR / "media")

STORAGES: dict[str, dict[str, Any]] = {
    # No web server may publish this folder: downloads go through the API, which asks the policy
    # and counts them.
    "org_files": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT},
    },
    # For fields of other apps; this site has none.
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": BASE_DIR / "public", "base_url": "/public/"},
    },
    # Without a manifest: no file has to be collected or renamed before the site can start.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

bucket = env.text("AWS_STORAGE_BUCKET_NAME")
if storage == "s3" and not bucket:
    raise ImproperlyConfigured("STORAGE=s3 needs AWS_STORAGE_BUCKET_NAME, the name of a bucket.")

if bucket:
    if find_spec("storages") is None or find_spec("boto3") is None:
        raise ImproperlyConfigured(
            "AWS_STORAGE_BUCKET_NAME is set, but django-storages is not installed: "
            'pip install "django-org-files[s3]" brings it.'
        )
    from botocore.config import Config

    endpoint = env.text("AWS_S3_ENDPOINT_URL")
    # The keys are read by django-storages: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    STORAGES["s3"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": endpoint or None,
            "region_name": env.text("AWS_S3_REGION_NAME") or None,
            "location": env.text("AWS_LOCATION"),
            "file_overwrite": False,
            "client_config": Config(
                signature_version="s3v4",
                s3={
                    "addressing_style": env.choice(
                        "AWS_S3_ADDRESSING_STYLE",
                        ("auto", "path", "virtual"),
                        default="path" if endpoint else "auto",
                    )
                },
                # Many stores other than AWS refuse checksums that they did not ask for.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                # Seconds. Without these a request waits for minutes while the store is down.
                connect_timeout=5,
                read_timeout=30,
                retries={"total_max_attempts": 2, "mode": "standard"},
            ),
        },
    }
