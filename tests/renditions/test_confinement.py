"""Bounds of a process that decodes pictures."""

import subprocess
import sys

from org_files.renditions import child

#: What a process tries once it has confined itself.
TRIES = """
import resource, signal, sys, time

def is_refused(do):
    try:
        do()
    except (MemoryError, OSError):
        return True

assert not is_refused(lambda: bytearray(1 << 26))
assert is_refused(lambda: bytearray(1 << 29)), "memory"
assert is_refused(lambda: open(sys.argv[1], "wb").truncate(1 << 29)), "disk"
assert resource.getrlimit(resource.RLIMIT_CPU)[0] <= time.process_time() + 8, "CPU"
assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
assert 0 < signal.alarm(0) <= 9, "seconds"
# It ends before the site where memory runs out.
assert open("/proc/self/oom_score_adj").read() == "1000\\n"
assert not {"django", "org_files"} & {name.partition(".")[0] for name in sys.modules}
"""


def test_confined_process__takes_no_more_than_its_bounds(tmp_path):
    confine = (
        f"import runpy\ndecoder = runpy.run_path({str(child.DECODER)!r})\n"
        "decoder['confine'](memory=1 << 28, cpu_seconds=7, seconds=9)\n"
    )
    command = [sys.executable, "-c", confine + TRIES, str(tmp_path / "written")]
    ran = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=20)

    assert ran.stderr == ""
