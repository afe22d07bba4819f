"""One run: publish, strike, let everything recover, compare."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.faults import looking, pictures
from tests.faults.clock import WALL
from tests.faults.house import SECRET, House
from tests.faults.looking import FAILING, Problem, Snapshot
from tests.faults.plan import Fault, Plan
from tests.faults.servers import Feed, Jetstream, Mastodon
from tests.faults.wire import Wire
from tests.faults.world import SOURCES, Name

LIMIT_S: Final = 45.0
"""Seconds (of life) that a run has to come to rest."""
ENOUGH_S: Final = 9_000.0
"""… and seconds of its own: a source that refused us is asked again after an hour."""
FARTHEST_S: Final = 80_000.0
"""How far our clock is from everybody else's at most: beyond a day dates are refused, rightly."""
TROUBLES: Final = (
    "disk is full", "disk I/O error", "unable to open", "database is locked", "another collector",
    "could not be stored", "the database does not answer", "could not be ended", "plugin_failed",
    "failed on a batch", "plugin failed",
)  # fmt: skip
UNTOLD: Final = ("disk", "write", "freeze")
"""While these last nobody may be able to write down that a source fails."""
LEASE_S: Final = 25.0
"""As `collection.collecting.LEASE`, which needs Django."""
TAKEN_OVER_S: Final = 1.5
"""How long (of life) a process stays frozen at least, unless its sources are taken over before."""
IMPATIENT_S: Final = 0.6
"""After so long without coming to rest, time goes by in steps of STEP_S: back-offs are long."""
STEP_S: Final = 15.0


@dataclass(kw_only=True)
class Result:
    """`problems` empty: nothing lost, doubled or untold."""

    plan: Plan
    problems: list[Problem] = field(default_factory=list)
    taken_s: float = 0.0
    log: str = ""
    killed: int = 0
    met: Mapping[str, int] = field(default_factory=dict)
    """What our processes wrote of their troubles: words of the log → how often."""

    def as_json(self) -> dict[str, Any]:
        return {
            "seed": self.plan.seed,
            "profile": self.plan.profile,
            "faults": [str(fault) for fault in self.plan.faults],
            "kinds": self.plan.kinds,
            "events": len(self.plan.world.events),
            "problems": [str(problem) for problem in self.problems],
            "killed": self.killed,
            "met": dict(self.met),
            "taken_s": round(self.taken_s, 1),
        }


class Run:
    """Carries out a plan in a house whose wires lead to the plan's servers."""

    def __init__(self, plan: Plan, house: House, wires: Mapping[Name, Wire], log: Path) -> None:
        self.plan, self.house, self.wires, self.log = plan, house, wires, log
        self.feed = Feed(clock=house.clock.true_now)
        self.sky = Jetstream(clock=house.clock.true_now)
        self.elephant = Mastodon(
            clock=house.clock.true_now, streams=plan.streams, port=wires["elephant"].port
        )
        self.servers: dict[Name, Feed | Jetstream | Mastodon] = {
            "feed": self.feed, "sky": self.sky, "elephant": self.elephant,
        }  # fmt: skip
        self.published = 0
        self.problems: list[Problem] = []
        self.active: list[tuple[int, Fault]] = []
        self.shown: dict[str, Fault] = {}
        self._notes = log.open("a", encoding="utf-8")

    def note(self, words: str) -> None:
        self._notes.write(f"-- {self.house.clock.elapsed_s():8.1f} s  {words}\n")
        self._notes.flush()

    async def carry_out(self) -> Result:
        began = time.monotonic()
        self.note(f"seed {self.plan.seed}: {[str(f) for f in self.plan.faults]}")
        await self._begin()
        try:
            await self._publish()
            await self._heal()
            await self._rest()
        finally:
            await self._end()
        self.problems += [Problem(kind="crash", detail=each) for each in self.house.surprises]
        if not any(problem.kind == "crash" for problem in self.problems):
            self.problems += looking.whole(self.plan.world)
            self.problems += pictures.whole(killed=bool(self.house.killed))
        for problem in self.problems:
            self.note(str(problem))
        self._notes.close()
        return Result(
            plan=self.plan, problems=self.problems, taken_s=time.monotonic() - began,
            log=str(self.log), killed=self.house.killed, met=self._met(),
        )  # fmt: skip

    def _met(self) -> dict[str, int]:
        told = self.log.read_text(encoding="utf-8", errors="replace")
        return {words: told.count(words) for words in TROUBLES if words in told}

    async def _begin(self) -> None:
        self.house.empty()
        self.house.clock.begin()
        prepare(self.plan, {name: wire.port for name, wire in self.wires.items()})
        for wire in self.wires.values():
            await wire.set("open")
        for name in self.house.furnish(with_jobs=self.plan.with_jobs):
            self.house.start(name, self.log)

    async def _publish(self) -> None:
        """Burst after burst, faults in between as the plan has them."""
        waiting = list(self.plan.faults)
        for number, burst in enumerate(self.plan.bursts):
            for _ in range(burst):
                while waiting and waiting[0].at <= self.published:
                    fault = waiting.pop(0)
                    self.note(f"{self.published} published: {fault}")
                    await self._strike(fault)
                event = self.plan.world.events[self.published]
                await self.servers[event.source].publish(event)
                self.published += 1
                await self._end_faults()
            self.sky.settle()
            self.elephant.settle()
            await self._tick()
            if number in self.plan.calm and not self.active:
                await self._stored(limit_s=0.6)
                pictures.keep_some()
            else:
                await asyncio.sleep(0.03)
                await self._tick()

    async def _stored(self, *, limit_s: float) -> None:
        """Until what streams bring is stored, or for a while."""
        until = time.monotonic() + limit_s
        wanted = {
            key: text
            for key, text in self.plan.world.wanted(self.published).items()
            if key[0] != "feed" and (key[0] != "elephant" or self.plan.streams != "no")
        }
        while time.monotonic() < until:
            seen = await self._tick()
            if seen is not None and not [
                p for p in looking.missing(seen, wanted) if p.kind == "lost"
            ]:
                return
            await asyncio.sleep(0.03)

    async def _tick(self) -> Snapshot | None:
        """Who died, who comes back; and whether cursors and data agree at this moment."""
        self.house.tick(self.log)
        self._notice_frozen()
        seen = self.house.look()
        if seen is not None:
            for name in list(self.shown):
                if seen.sources[name].state in FAILING:  # type: ignore[index]
                    self.note(f"{name} is shown {seen.sources[name].state}")  # type: ignore[index]
                    del self.shown[name]
            known = {str(problem) for problem in self.problems}
            for problem in looking.as_of_cursor(seen, self.feed, self.sky, self.elephant):
                if str(problem) not in known:
                    self.problems.append(problem)
                    self.note(f"{problem} {problem.name and seen.sources[problem.name]}")
        return seen

    def _notice_frozen(self) -> None:
        """The leases of a process that stands still run out."""
        for process in self.house.processes.values():
            if process.freezing and not process.frozen and self.house.stands_still(process.name):
                self.note(f"{process.name} stands still")
                self._jump(LEASE_S + 1)

    async def _taken_over(self, name: str) -> None:
        """Until nobody takes the frozen one for a holder any more, or for a while."""
        process = self.house.processes[name]
        until = time.monotonic() + TAKEN_OVER_S
        while process.pid and time.monotonic() < until:
            seen = await self._tick()
            held = seen and [r for r in seen.sources.values() if f":{process.pid}:" in r.holder]
            if process.frozen and seen is not None and not held:
                return
            await asyncio.sleep(0.03)

    async def _strike(self, fault: Fault) -> None:
        house, how = self.house, fault.how
        if fault.kind in ("kill", "stop", "freeze") and not house.pid_of(fault.target):
            return  # it is down already, or does not run by itself in this plan
        match fault.kind:
            case "kill" if how["where"] == "now":
                house.kill(fault.target, rest_s=how["rest_s"])
            case "kill":
                house.strike(fault.target, how["where"], how["count"], rest_s=how["rest_s"])
            case "stop":
                house.stop(fault.target, rest_s=how["rest_s"])
            case "freeze":
                house.freeze(fault.target, how["where"], how["count"])
                rival = house.processes.get(house.rival)
                if rival is not None and not rival.pid and rival.again_s is None:
                    house.start(house.rival, self.log)
            case "disk" if house.small_disk:
                house.fill_disk()
            case "disk" | "write":
                house.limit_files("collect", how.get("bytes", 0))
            case "broker" | "database":
                await house.restart(fault.kind, how["signal"], rest_s=how["rest_s"])
            case "cut":
                wire = self.wires[fault.target]  # type: ignore[index]
                if how["mood"] == "tear":
                    wire.tear_after = how["bytes"]
                else:
                    await wire.set(how["mood"])
                if how["shown"]:
                    self.shown[fault.target] = fault
            case "answer":
                self.servers[fault.target].answers += how["answers"]  # type: ignore[index]
                if fault.target != "feed":
                    self.wires[fault.target].drop()  # type: ignore[index]
            case "clock":
                self._jump(how["seconds"])
            case "garble":
                for kind in how["spoilt"]:
                    self.servers[fault.target].garble(kind)  # type: ignore[index]
            case "turn":
                server = self.servers[fault.target]  # type: ignore[index]
                server.twice, server.turned = how["twice"], how["turned"]
                server.ever_turned = True
        if fault.lasts:
            self.active.append((self.published + fault.lasts, fault))

    def _jump(self, seconds: float) -> None:
        apart = (self.house.clock.now() - self.house.clock.true_now()).total_seconds()
        self.house.clock.jump(max(-FARTHEST_S, min(FARTHEST_S, apart + seconds)) - apart)

    async def _end_faults(self, *, every: bool = False) -> None:
        due = [each for each in self.active if every or each[0] <= self.published]
        for each in due:
            await self._end_fault(each[1])
            self.active.remove(each)

    async def _end_fault(self, fault: Fault) -> None:
        house = self.house
        match fault.kind:
            case "freeze":
                await self._taken_over(fault.target)
                house.thaw(fault.target)
            case "disk" if house.small_disk:
                house.free_disk()
            case "disk" | "write":
                house.limit_files("collect", None)
            case "cut":
                if fault.target in self.shown:
                    await self._told(fault)
                await self.wires[fault.target].set("open")  # type: ignore[index]
            case "clock" if fault.how["back"]:
                self._jump(-fault.how["seconds"])
            case "turn":
                server = self.servers[fault.target]  # type: ignore[index]
                server.twice = server.turned = False
            case _:
                return
        self.note(f"over: {fault}")

    async def _told(self, fault: Fault) -> None:
        """A source that is cut off must be shown failing, however it was caught."""
        until = time.monotonic() + 12
        began = time.monotonic()
        while fault.target in self.shown and time.monotonic() < until:
            if any(each.kind in UNTOLD for _, each in self.active):
                break  # nothing can be written down, nor can this
            if time.monotonic() > began + IMPATIENT_S:
                self.house.clock.jump(STEP_S)
            await asyncio.sleep(0.05)
            if await self._tick() is None:
                until += 0.05  # nobody could tell: the database is down
        full = any(each.kind in UNTOLD for _, each in self.active)
        if self.shown.pop(fault.target, None) is not None and not full:
            self.problems.append(Problem(kind="health", detail=f"{fault.target} is cut and calm"))

    async def _heal(self) -> None:
        """All is well again but for what the faults left behind."""
        await self._end_faults(every=True)
        for process in self.house.processes.values():
            if process.freezing:
                self.house.thaw(process.name)
            self.house.limit_files(process.name, None)
        self.house.free_disk()
        self.house.disarm()
        for wire in self.wires.values():
            await wire.set("open")
            wire.tear_after = None
        for server in self.servers.values():
            server.answers.clear()
        self.feed.garbled.clear()
        await self.house.all_up()
        pictures.try_again()
        pictures.keep_some()
        self.note("all faults are over")

    async def _rest(self) -> None:
        """Until everything published is stored and every source is said to be well."""
        began = time.monotonic()
        wanted = self.plan.world.wanted()
        left: list[Problem] = [Problem(kind="stuck", detail="the database cannot be read")]
        now = self.house.clock.now
        first = now()
        while time.monotonic() < began + LIMIT_S or (
            (now() - first).total_seconds() < ENOUGH_S and time.monotonic() < began + 4 * LIMIT_S
        ):
            seen = await self._tick()
            if seen is not None:
                left = [*looking.missing(seen, wanted), *looking.unwell(seen), *self._behind(seen)]
                if not left and not (left := pictures.unfinished()):
                    self.note("at rest")
                    return
            if time.monotonic() > began + IMPATIENT_S:
                self.house.clock.jump(STEP_S)
            await asyncio.sleep(0.05)
        self.problems += left
        self._tell_sources()

    def _tell_sources(self) -> None:
        """How the sources stand, for whoever reads the log of a failing run."""
        from django.db import DatabaseError, connection

        from vigie.collection.models import Source

        self.note(f"our clock: {self.house.clock.now():%H:%M:%S}")
        with suppress(DatabaseError):
            for row in Source.objects.values():
                self.note(" ".join(f"{name}={value}" for name, value in row.items()))
        connection.close()

    def _behind(self, seen: Snapshot) -> list[Problem]:
        """Cursors that have not reached the end of what was said."""
        found = []
        time_us = seen.sources["sky"].cursor.get("time_us", 0)
        if self.sky.frames and time_us < self.sky.frames[-1][0]:
            found.append(Problem(kind="behind", detail=f"sky: cursor {time_us}"))
        body = str(seen.sources["feed"].cursor.get("body", ""))
        if self.feed.said and self.feed.bodies.get(body, 0) < len(self.feed.said):
            found.append(Problem(kind="behind", detail="feed: an older document"))
        return found

    async def _end(self) -> None:
        """Everybody is told to stop, and must."""
        self._serves()
        self.house.tick(self.log)
        for process in self.house.processes.values():
            process.again_s = None
            process.expected = True
            process.signal(15)
        until = time.monotonic() + 20
        while any(process.pid for process in self.house.processes.values()):
            if time.monotonic() > until:
                for process in self.house.processes.values():
                    if process.pid:
                        self.problems.append(
                            Problem(kind="crash", detail=f"{process.name} does not stop")
                        )
                        process.signal(9)
                until += 20
            await asyncio.sleep(0.02)
            for pid, status in self.house.zygote.ended():
                for process in self.house.processes.values():
                    if process.pid == pid:
                        process.pid = 0
                        # uvicorn ends in order, then lets the signal have its way.
                        if status not in (0, -15):
                            self.problems.append(
                                Problem(kind="crash", detail=f"{process.name}: status {status}")
                            )

    def _serves(self) -> None:
        if self.house.pid_of("serve"):
            address = f"http://127.0.0.1:{self.house.serve_port}/readyz"
            until = time.monotonic() + 15
            while True:
                try:
                    with urllib.request.urlopen(address, timeout=5) as answer:
                        answer.read()
                    return
                except OSError as error:
                    if time.monotonic() > until:
                        self.problems.append(Problem(kind="health", detail=f"readyz: {error}"))
                        return
                    time.sleep(0.1)


def prepare(plan: Plan, ports: Mapping[Name, int]) -> None:
    """The plan's sources, not yet visited."""
    from django.db import connection

    from vigie.collection.models import Source

    configs: dict[Name, tuple[str, dict[str, Any]]] = {
        "feed": ("feed", {"url": f"http://127.0.0.1:{ports['feed']}/feed.xml", "interval_s": 60}),
        "sky": ("bluesky", {"way": plan.sky_way, "server": f"ws://127.0.0.1:{ports['sky']}"}),
        "elephant": (
            "mastodon",
            {
                "instances": f"http://127.0.0.1:{ports['elephant']}", "tags": "inondation",
                "streaming": plan.streams != "no", "secret": SECRET.lower(), "interval_s": 15,
            },
        ),
    }  # fmt: skip
    for name in SOURCES:
        plugin, config = configs[name]
        Source.objects.create(name=name, plugin=plugin, config=config, created_at=WALL)
    connection.close()
