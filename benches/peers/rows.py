"""The rows: what is measured, each tool in turn, so that whatever else the machine does meets all."""
import re
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from family import Family, Run, Workshop, population
from peers import Peers

FLOOR = "floor"


@dataclass
class Row:
    """One work, done by several tools."""

    title: str
    unit: str = "ms"
    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    kilobytes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    alive: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    note: str = ""

    def median(self, tool: str) -> float:
        return statistics.median(self.values[tool])


class Measurement:
    def __init__(self, workshop: Workshop, peers: Peers, runs: int):
        self.workshop, self.peers, self.runs = workshop, peers, runs

    def turns(self, tools: dict[str, str], runs: int = 0):
        """Every tool, again and again, another one first each time. The first round, to warm up,
        does not count unless it is the only one."""
        runs = runs or self.runs
        names = list(tools)
        for turn in range(0 if runs == 1 else -1, runs):
            for at in range(len(names)):
                name = names[(at + turn) % len(names)]
                yield turn >= 0, name, tools[name]

    def time(self, name: str, command: list[str]) -> Run:
        run = self.workshop.time(command)
        if run.status != 0 and name.startswith((FLOOR, "fell")):
            raise RuntimeError(f"{' '.join(command)}: ended with {run.status}")
        return run

    def start(self) -> Row:
        row = Row("Start-up")
        tools = {FLOOR: self.workshop["bare"], "empty C program, dynamic": self.workshop["empty"]}
        for words in ("--version", "signals --names"):
            tools |= {f"{name}: {words}": line for name, line in self.peers.of_fell(words).items()}
        for counts, name, line in self.turns(tools | self.peers.tools["start"], self.runs if self.runs == 1 else 4 * self.runs):
            run = self.time(name, line.split())
            if counts:
                row.values[name].append(run.milliseconds)
                row.kilobytes[name].append(run.kilobytes)
        return row

    def tree(self, members: int, processes: int, with_peers: bool = True) -> Row:
        others = max(1, processes - population() - members)
        with Family(self.workshop, members, "-o", str(others)) as family:
            row = Row(f"tree of {members}, {population()} processes in the system")
            floor = self.workshop["floor"]
            tools = {FLOOR: f"{floor} tree {{pid}}", f"{FLOOR} with status": f"{floor} picture {{pid}}"}
            tools |= self.peers.of_fell("tree {pid}")
            tools |= {f"{name}, --reach tree": line for name, line in self.peers.of_fell("tree --reach tree {pid}").items()}
            if with_peers:
                tools |= self.peers.tools["tree"]
            for counts, name, line in self.turns(tools):
                run = self.time(name, family.command(line))
                if counts:
                    row.values[name].append(run.milliseconds)
                    row.kilobytes[name].append(run.kilobytes)
        return row

    def kill(self, members: int, command: str = "kill") -> Row:
        row = Row(f"{command} of {members}, {population() + members} processes in the system", "ms to the last end")
        tools = {FLOOR: f"{self.workshop['floor']} stop {{file}} 9"} | self.peers.of_fell(f"{command} {{pid}}")
        if command == "kill":
            # tree-kill starts a ps for each process, which grows with the square.
            tools |= {name: line for name, line in self.peers.tools["kill"].items() if name != "tree-kill" or members <= 100}
        for counts, name, line in self.turns(tools):
            with Family(self.workshop, members) as family:
                run = self.time(name, family.command(line))
                alive = family.ask("left")
                gone = family.ask("gone") if alive else run.ended
            if alive and (name == FLOOR or name.startswith("fell")):
                raise RuntimeError(f"{line}: {alive} were alive when it returned")
            if counts:
                row.alive[name].append(alive)
                row.kilobytes[name].append(run.kilobytes)
                row.values[name].append(run.milliseconds + max(0, gone - run.ended) / 1e6)
        return row

    def forking(self, runs: int) -> Row:
        row = Row("kill of a tree that forks all the time", "runs with survivors")
        tools = self.peers.of_fell("kill {pid}")
        tools |= {name: line for name, line in self.peers.tools["kill"].items() if name != "tree-kill"}
        for habit in ([], ["-s"]):
            for _ in range(runs):
                for name, line in tools.items():
                    with Family(self.workshop, 1, "-w", "4", *habit) as family:
                        run = self.workshop.time(family.command(line))
                        # What was killed and not awaited may take this long to go.
                        time.sleep(0.02)
                        alive = family.ask("left")
                    row.alive[name].append(alive)
                    row.kilobytes[name].append(run.kilobytes)
        row.values = {name: [sum(alive > 0 for alive in row.alive[name])] for name in tools}
        row.note = f"of {2 * runs} runs, half of them with every second child in a session of its own"
        return row

    def term(self, members: int) -> Row:
        row = Row(f"term of {members} that leave after 50 ms, {population() + members} processes in the system", "ms from the last end to the return")
        tools = {FLOOR: f"{self.workshop['floor']} stop {{file}} 15"} | self.peers.of_fell("term {pid}")
        tools |= {name: line for name, line in self.peers.tools["term"].items() if name != "start-stop-daemon" or members == 1}
        for counts, name, line in self.turns(tools):
            with Family(self.workshop, members, "-t", "50") as family:
                run = self.time(name, family.command(line))
                stamp = family.ask("stamp")
            if counts:
                row.kilobytes[name].append(run.kilobytes)
                row.values[name].append((run.ended - stamp) / 1e6)
        return row

    def wait(self, seconds: int) -> Row:
        """What fell does while it waits: between TERM and KILL."""
        row = Row(f"term waits {seconds} s for one that ignores it", "system calls in that time")
        for name, line in self.peers.of_fell(f"term --grace {seconds}s {{pid}}").items():
            with Family(self.workshop, 1, "-i") as family, tempfile.TemporaryDirectory() as directory:
                log = Path(directory, "log")
                traced = ["strace", "-f", "-qq", "-e", "signal=none", "-o", str(log), *family.command(line)]
                if subprocess.run(traced, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
                    row.note = "strace is missing or not permitted"
                    return row
                text = log.read_text(errors="replace")
            calls = re.sub(r"(?s)^.*SIGTERM, NULL, 0\).*?\n", "", text)
            calls = calls[: re.search(r".*SIGKILL, NULL", calls).start()].splitlines()
            waits = [at for at, call in enumerate(calls) if "poll(" in call]
            row.values[name] = [waits[-1] - waits[0] + 1]
            row.note = "from the beginning of the wait to its end: 1 is one poll(2) and nothing else"
        return row
