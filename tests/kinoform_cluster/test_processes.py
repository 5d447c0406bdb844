"""Nothing stays behind: neither orphans, nor children of a parent that was killed."""

import os
import signal
import subprocess
import sys

import psutil

# A process that adopts orphans, whose child leaves a grandchild behind that ignores SIGTERM; then it sweeps.
SWEEPER = """
import subprocess, sys, time
from kinoform_cluster.processes import adopt_orphans, descendants, sweep
adopt_orphans()
stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
spawn = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {stubborn!r}]).pid, flush=True)"
child = subprocess.Popen([sys.executable, "-c", spawn])
child.wait()
while not descendants():
    time.sleep(0.01)
spared = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
sweep({spared.pid}, grace_s=0.5)
print("left", descendants() == {spared.pid}, spared.poll() is None, flush=True)
spared.kill()
"""

# A process that starts a child bound to its own life, and waits.
PARENT = """
import asyncio, sys
from pathlib import Path
from kinoform_cluster.child import Child
async def main():
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    child = Child("sleeper", command, log=Path(sys.argv[1]), environment={})
    await child.start()
    print(*child.pids, flush=True)
    await child.ended()
asyncio.run(main())
"""


def test_a_sweep_ends_stubborn_orphans_and_spares_the_spared() -> None:
    ended = subprocess.run([sys.executable, "-c", SWEEPER], capture_output=True, text=True, timeout=60, check=True)
    lines = ended.stdout.split("\n")
    assert "left True True" in lines
    (orphan,) = (int(line) for line in lines if line.isdigit())
    assert not psutil.pid_exists(orphan)


def test_children_go_when_their_parent_is_killed(tmp_path: "os.PathLike[str]") -> None:
    log = os.path.join(tmp_path, "log")
    with subprocess.Popen([sys.executable, "-c", PARENT, log], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        gone, left = psutil.wait_procs([child], timeout=20)
    assert (gone, left) == ([child], [])
