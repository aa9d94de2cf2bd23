"""What gunicorn takes for granted when it is started in this folder; its flags come before it."""

import os

worker_class = "gthread"
# A slow client holds one thread for as long as its transfer takes.
threads = 8
control_socket_disable = True
# By itself gunicorn believes X-Forwarded-Proto of anybody on this computer. Behind a proxy that
# sets the header, name the proxy's address: FORWARDED_ALLOW_IPS=127.0.0.1. uvicorn reads the same
# variable.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "")
