"""OpenStack Swift with its S3 API, all of its servers in one process.

``python -P swift_store.py FOLDER PORT ACCESS_KEY SECRET_KEY`` serves on the port, with all data
in the folder. ``-P`` keeps the modules beside this one from taking the names of packages.
"""

import sys
from pathlib import Path

import eventlet
from eventlet import wsgi
from swift.common import utils

PIPELINE = "catch_errors gatekeeper healthcheck bulk s3api tempauth copy slo dlo versioned_writes"

SWIFT = """
[swift-hash]
swift_hash_path_suffix = tests
"""

PROXY = f"""
[DEFAULT]
swift_dir = {{folder}}
[pipeline:main]
pipeline = {PIPELINE} symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_{{access}} = {{secret}} .admin
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
"""

FILTERS = "".join(
    f"[filter:{name}]\nuse = egg:swift#{name}\n"
    for name in [*PIPELINE.split(), "symlink"]
    if name not in ("s3api", "tempauth")
)

STORE = """
[DEFAULT]
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
disable_fallocate = true
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""

#: The rings of account, container and object servers.
KINDS = ("account", "container", "object")


def write_ring(folder, kind, port):
    from swift.common.ring import RingBuilder

    builder = RingBuilder(2, 1, 1)
    device = {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "disk"}
    builder.add_dev({**device, "weight": 1, "replication_ip": "127.0.0.1"})
    builder.rebalance()
    builder.get_ring().save(str(folder / f"{kind}.ring.gz"))


def serve(listener, configuration):
    from swift.common.wsgi import loadapp

    app = loadapp(str(configuration), global_conf={"log_name": configuration.stem})
    logger = utils.get_logger({}, log_route=configuration.stem)
    return eventlet.spawn(wsgi.server, listener, app, logger, log_output=False)


def main():
    folder, port = Path(sys.argv[1]).resolve(), int(sys.argv[2])
    access, secret = sys.argv[3:5]
    utils.eventlet_monkey_patch()
    (folder / "devices" / "disk").mkdir(parents=True, exist_ok=True)
    values = {"folder": folder, "access": access.replace(":", "_"), "secret": secret}
    (folder / "swift.conf").write_text(SWIFT)
    utils.set_swift_dir(str(folder))
    served = []
    for kind in KINDS:
        listener = eventlet.listen(("127.0.0.1", 0))
        write_ring(folder, kind, listener.getsockname()[1])
        configuration = folder / f"{kind}.conf"
        configuration.write_text(STORE.format(kind=kind, **values))
        served.append((listener, configuration))
    proxy = folder / "proxy.conf"
    proxy.write_text(PROXY.format(**values) + FILTERS)
    served.append((eventlet.listen(("127.0.0.1", port), backlog=128), proxy))
    threads = [serve(*each) for each in served]
    threads[-1].wait()


if __name__ == "__main__":
    main()
