"""Apache with mod_xsendfile and docs/apache.conf: `with Apache({...}) as server: ...`."""

from pathlib import Path

from tests.servers.nginx import accepts, program
from tests.servers.process import ServerMissing, ServerProcess, is_root, private_folder

DOCUMENTED = Path(__file__).resolve().parents[2] / "docs" / "apache.conf"
MODULES = Path("/usr/lib/apache2/modules")
LOADED = ("mpm_event", "authz_core", "headers", "proxy", "proxy_http", "xsendfile")


class Apache(ServerProcess):
    """Apache in front of a site, with the documented configuration and other addresses."""

    def __init__(self, replaced):
        super().__init__()
        self.replaced = replaced

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def make_folder(self):
        if not (MODULES / "mod_xsendfile.so").exists():
            package = "libapache2-mod-xsendfile"
            raise ServerMissing(f"mod_xsendfile is missing; `apt-get install {package}`.")
        return private_folder("apache-")

    def command(self):
        assert self.folder is not None
        text = DOCUMENTED.read_text(encoding="utf-8")
        for old, new in {"*:80": f"127.0.0.1:{self.port}", **self.replaced}.items():
            assert old in text, old
            text = text.replace(old, new)
        lines = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED]
        lines += [f"ServerRoot {self.folder}", "ServerName localhost", "ErrorLog /dev/stderr"]
        lines += [f"PidFile {self.folder}/pid", f"DefaultRuntimeDir {self.folder}"]
        lines += [
            f"Listen 127.0.0.1:{self.port}",
            *(["User nobody", "Group nogroup"] if is_root() else []),
        ]
        (self.folder / "apache.conf").write_text("\n".join([*lines, text]))
        return [
            program("apache2", "libapache2-mod-xsendfile"),
            *("-D", "FOREGROUND", "-f", f"{self.folder}/apache.conf"),
        ]

    def is_ready(self):
        return accepts(self.port)
