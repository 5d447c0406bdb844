"""Small disks, to be filled."""

import subprocess
from contextlib import suppress
from pathlib import Path


class NoMounts(Exception):
    """This user may mount nothing here."""


class SmallDisk:
    """A file system of a few megabytes, in memory."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        """Raises NoMounts."""
        self.folder = folder
        folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True).returncode:
            raise NoMounts

    def fill(self) -> None:
        """Leaves no byte free."""
        with (self.folder / "ballast").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    def free(self) -> None:
        (self.folder / "ballast").unlink(missing_ok=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "-l", str(self.folder)], check=False)
