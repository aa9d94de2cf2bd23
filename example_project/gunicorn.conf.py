"""Defaults of gunicorn in this folder; command-line flags take precedence."""

import os

worker_class = "gthread"
# A slow client occupies one thread during its transfer.
threads = 8
control_socket_disable = True
# By default gunicorn trusts X-Forwarded-Proto from this computer. Behind a proxy that sets the
# header, name its address: FORWARDED_ALLOW_IPS=127.0.0.1. uvicorn reads the same variable.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "")
