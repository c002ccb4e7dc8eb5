"""Which tools there are: fell in two builds, and the others, fetched where they are missing.

Each is a line of words in which {pid} and {pgid} stand for the root of a family and its group,
{file} for the family's file.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PACKAGES = {"cc": "gcc", "pstree": "psmisc", "ps": "procps", "pkill": "procps", "start-stop-daemon": "dpkg", "strace": "strace"}


def attempt(command: list[str], **how) -> bool:
    """Runs a command that may fail, and tells on stderr if it does."""
    try:
        subprocess.run(command, check=True, stdout=sys.stderr, **how)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"peers: {error}", file=sys.stderr)
        return False
    return True


def install(directory: Path, quick: bool) -> None:
    """Fetches what is missing. What can't be had is left out of the table, which says so."""
    wanted = dict(PACKAGES) if quick else PACKAGES | {"npm": "npm", "musl-gcc": "musl-tools"}
    if subprocess.run([sys.executable, "-c", "import ensurepip"], stderr=subprocess.DEVNULL).returncode:
        wanted["no venv"] = "python3-venv"
    missing = sorted({package for command, package in wanted.items() if not shutil.which(command)})
    if missing:
        sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
        apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
        attempt([*apt, "update"]) and attempt([*apt, "install", "--no-install-recommends", *missing])
    venv = directory / "venv"
    if not (venv / "bin/psutil-is-there").exists():
        if attempt([sys.executable, "-m", "venv", str(venv)]) and attempt([str(venv / "bin/pip"), "-q", "install", "psutil"]):
            (venv / "bin/psutil-is-there").touch()
    npm = directory / "npm"
    if shutil.which("npm") and not (npm / "node_modules/.bin/tree-kill").exists():
        npm.mkdir(exist_ok=True)
        attempt(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(npm), "tree-kill"])
    if not quick:
        manifest = str(HERE / "kill_tree/Cargo.toml")
        attempt(["cargo", "build", "-q", "--release", "--manifest-path", manifest, "--target-dir", str(directory / "kill_tree")])


def build(quick: bool) -> dict[str, str]:
    """fell, as everybody builds it, and as one static file."""
    attempt(["cargo", "build", "-q", "--release"], cwd=ROOT)
    found = {"fell": str(ROOT / "target/release/fell")}
    if quick:
        return found
    machine = os.uname().machine
    musl, gnu = f"{machine}-unknown-linux-musl", f"{machine}-unknown-linux-gnu"
    attempt(["rustup", "target", "add", musl])
    if attempt(["cargo", "build", "-q", "--release", "--target", musl], cwd=ROOT):
        found["fell, static"] = str(ROOT / "target" / musl / "release/fell")
    else:
        flags = os.environ | {"RUSTFLAGS": "-C target-feature=+crt-static"}
        if attempt(["cargo", "build", "-q", "--release", "--target", gnu], cwd=ROOT, env=flags):
            found["fell, static"] = str(ROOT / "target" / gnu / "release/fell")
    return found


class Peers:
    """The tools that are here, by what they can do."""

    def __init__(self, directory: Path, quick: bool):
        install(directory, quick)
        self.fell = build(quick)
        python, tree_kill = directory / "venv/bin/python", directory / "npm/node_modules/.bin/tree-kill"
        kill_tree = directory / "kill_tree/release/peer-kill-tree"
        psutil = str(python) if (directory / "venv/bin/psutil-is-there").exists() else "psutil"
        tools = {
            "tree": {
                "pstree": "pstree -p {pid}",
                "ps --forest": "ps --forest -eo pid,ppid,args",
                "psutil": f"{psutil} {HERE}/psutil_tree.py {{pid}}",
            },
            "kill": {
                "psutil": f"{psutil} {HERE}/psutil_stop.py {{pid}} 9",
                "tree-kill": f"{tree_kill} {{pid}} SIGKILL",
                "kill_tree": f"{kill_tree} {{pid}}",
                "pkill -g": "pkill -KILL -g {pgid}",
            },
            "term": {
                "psutil": f"{psutil} {HERE}/psutil_stop.py {{pid}} 15",
                "start-stop-daemon": "start-stop-daemon --stop --quiet --oknodo --pid {pid} --retry TERM/10/KILL/5",
            },
            "start": {"kill -l": f"{shutil.which('kill') or 'kill'} -l"},
        }
        self.missing = set()
        self.tools = {doing: {name: line for name, line in those.items() if self.is_here(name, line)} for doing, those in tools.items()}

    def is_here(self, name: str, line: str) -> bool:
        found = shutil.which(line.split()[0]) is not None
        if not found:
            self.missing.add(name)
        return found

    def of_fell(self, words: str) -> dict[str, str]:
        return {name: f"{binary} {words}" for name, binary in self.fell.items()}
