"""A private object store with the API of S3: `with S3() as server: ... server.url`."""

import os
import secrets
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.servers.process import ServerMissing, ServerProcess, private_folder

PROGRAM = Path(__file__).with_name("swift_store.py")


class S3(ServerProcess):
    """A private OpenStack Swift, or the store that runs already at S3_ENDPOINT_URL.

    Of that one AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are the keys.
    """

    start_timeout = 30.0

    def __init__(self):
        super().__init__()
        self.given_url = os.environ.get("S3_ENDPOINT_URL", "")
        self.access_key, self.secret_key = "test:tester", "testing"
        if self.given_url:
            self.access_key = os.environ["AWS_ACCESS_KEY_ID"]
            self.secret_key = os.environ["AWS_SECRET_ACCESS_KEY"]

    @property
    def title(self):
        return "S3" if self.given_url else "OpenStack Swift with its S3 API"

    @property
    def url(self):
        return self.given_url or f"http://127.0.0.1:{self.port}"

    def start(self):
        if self.given_url:
            return self
        if find_spec("swift") is None:
            raise ServerMissing("Swift is not installed; `pip install swift` installs it.")
        return super().start()

    def make_folder(self):
        return private_folder("swift-")

    def command(self):
        arguments = (str(self.folder), str(self.port), self.access_key, self.secret_key)
        return [sys.executable, "-P", "-W", "ignore", str(PROGRAM), *arguments]

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"GET /healthcheck HTTP/1.0\r\n\r\n")
                return b" 200 " in connection.recv(100)
        except OSError:
            return False

    def options(self):
        """Return OPTIONS of django-storages with a bucket that is new."""
        from botocore.config import Config
        from storages.backends.s3 import S3Storage

        options = {
            "bucket_name": f"files-{secrets.token_hex(8)}",
            "endpoint_url": self.url,
            "access_key": self.access_key,
            "secret_key": self.secret_key,
            "region_name": "us-east-1",
            "file_overwrite": False,
            "client_config": Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                connect_timeout=5,
                read_timeout=30,
                retries={"total_max_attempts": 2, "mode": "standard"},
            ),
        }
        S3Storage(**options).bucket.create()
        return options

    def new_storage(self):
        """Return a storage of django-storages with a bucket that is new."""
        from storages.backends.s3 import S3Storage

        return S3Storage(**self.options())

    def variables(self, bucket):
        """Return the environment variables of the example project for a bucket."""
        return {
            "AWS_STORAGE_BUCKET_NAME": bucket,
            "AWS_S3_ENDPOINT_URL": self.url,
            "AWS_S3_REGION_NAME": "us-east-1",
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }
