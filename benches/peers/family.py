"""Families to be measured on, and the stopwatch."""
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Run:
    """What a command took."""

    milliseconds: float
    kilobytes: int
    status: int
    ended: int  # nanoseconds on the monotonic clock


class Workshop:
    """The programs in C, built once."""

    def __init__(self, directory: Path):
        self.directory = directory
        source = Path(__file__).parent
        # Without glibc's start, which alone takes as long as the work for ten processes.
        small = shutil.which("musl-gcc") or "cc"
        for name in ("family", "floor", "stopwatch"):
            self.compile(source / f"{name}.c", ["-static"], small)
        self.compile(source / "bare.c", ["-static", "-nostdlib"])
        (directory / "empty.c").write_text("int main(void) { return 0; }\n")
        self.compile(directory / "empty.c", [])

    def compile(self, source: Path, how: list[str], by: str = "cc") -> None:
        target = self.directory / source.stem
        subprocess.run([by, "-O2", *how, "-o", str(target), str(source)], check=True)

    def __getitem__(self, name: str) -> str:
        return str(self.directory / name)

    def time(self, command: list[str]) -> Run:
        """Runs a command, its output thrown away."""
        told = subprocess.run([self["stopwatch"], *command], check=True, capture_output=True, text=True)
        start, end, kilobytes, status = map(int, told.stdout.split())
        return Run((end - start) / 1e6, kilobytes, status, end)


class Family:
    """A family of idle processes; leaves nobody behind."""

    def __init__(self, workshop: Workshop, members: int, *habits: str):
        handle, self.path = tempfile.mkstemp(prefix="fell-family-")
        os.close(handle)
        self.process = subprocess.Popen(
            [workshop["family"], "-m", self.path, "-n", str(members), *habits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.root = self.process.stdout.readline().strip()
        if not self.root:
            self.end()
            raise RuntimeError("no family came up")

    def command(self, line: str) -> list[str]:
        """A line of words for this family."""
        return [word.format(pid=self.root, pgid=self.root, file=self.path) for word in line.split()]

    def ask(self, word: str) -> int:
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self) -> None:
        self.process.stdin.close()
        status = self.process.wait(timeout=120)
        self.process.stdout.close()
        Path(self.path).unlink(missing_ok=True)
        if status != 0:
            raise RuntimeError(f"the family of {self.root} did not end: {status}")

    def __enter__(self) -> "Family":
        return self

    def __exit__(self, *_) -> None:
        self.end()


def population() -> int:
    """How many processes there are."""
    return sum(name.isdigit() for name in os.listdir("/proc"))
