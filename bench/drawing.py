"""Ten browsers drawing five objects a second each, while lines are cut: what is lost, and how late.

Ten people, each in a browser session of their own, in the real map room against a real `vigie
serve`. Seven gestures in ten draw an object, the others change or remove what somebody else drew.
Each browser reaches the server by a relay of its own (`lines`). At random a line is broken in the
middle of whatever passes, the browser is put off line, or only the live stream is broken. When all
are back, every edit must stand in the database once, and every store must equal the database.

Propagation runs from the gesture to the moment another browser's store shows it. Pairs of a gesture
and a screen during which either of the two was cut are told apart (`after_cut_…`: from the moment the
line was mended). A gesture another one wrote over before a screen asked is not waited for.

Beside it, the same gestures with the same cuts saved as a whole layer, the last save winning: each
person saves what they have every ten seconds and loads the layer again after each save.

Options: --minutes N, --people N, --seed N, --drawing (the base map is drawn, too; by default its
layers are hidden: ten base maps drawn in software leave a machine of two cores nothing else).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from bench.dataset import SLUG, environment
from bench.lines import Line, Lines
from bench.record import ROOT, percentile, record
from bench.server import Server, prepare

FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
BOX = (2.1, 48.5, 2.5, 48.75)
PER_SECOND = 5
APART_S, CUT_S = (10.0, 40.0), (2.0, 8.0)
KINDS = ("line", "offline", "stream")
SAVE_S = 10.0
PATIENCE_S = 120.0

_PREPARE = """
from datetime import UTC, datetime
from django.conf import settings
from django.test import Client
from vigie.accounts.models import User
from vigie.mapping.actions.layers import create_layer
from vigie.operations.access import desk_for
from vigie.operations.models import Membership, Operation
now = datetime.now(UTC)
made = Operation.objects.get(slug={slug!r})
for nth in range({people}):
    user = User.objects.create_user(email=f"p{{nth}}@exemple.fr", password="x", name=f"P{{nth}}")
    Membership.objects.create(operation=made, user=user, role="mapper", since=now)
    client = Client()
    client.force_login(user)
    print(client.cookies[settings.SESSION_COOKIE_NAME].value)
by = desk_for(user, made.slug)
for name in ("Routes", "Eau"):
    create_layer(name=name, by=by, now=now)
"""


@dataclass(kw_only=True)
class Person:
    """A browser session and what was done to its line: [kind, cut at, mended at], milliseconds."""

    name: str
    line: Line
    context: Any
    page: Any
    cuts: list[tuple[str, float, float]] = field(default_factory=list)
    cut: tuple[str, float] | None = None
    next_s: float = 0.0
    log: dict[str, Any] = field(default_factory=dict)

    def break_line(self, kind: str) -> None:
        self.cut = kind, time.time() * 1000
        if kind == "line":
            self.line.cut()
        elif kind == "stream":
            self.line.cut_stream()
        else:
            self.context.set_offline(True)

    def mend_line(self) -> None:
        if self.cut is None:
            return
        kind, at = self.cut
        self.cut = None
        if kind == "line":
            self.line.mend()
        elif kind == "offline":
            self.context.set_offline(False)
        self.cuts.append((kind, at, at if kind == "stream" else time.time() * 1000))

    def away(self) -> list[tuple[float, float, float]]:
        """[cut at, mended at, heard again at] of each cut. Heard again: the live stream is open."""
        told = self.log["lines"]
        found = []
        for _, began, mended in self.cuts:
            lost = any(state == "off" and began <= at <= mended + 3_000 for state, at in told)
            back = [at for state, at in told if state == "on" and at >= mended]
            found.append((began, mended, min(back) if lost and back else mended))
        return found


def _child(home: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bench.drawing", *words],
        cwd=ROOT, env=environment(home), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def _people(home: Path, n: int) -> list[str]:
    """Make n people and two layers; their session keys."""
    script = _PREPARE.format(slug=SLUG, people=n)
    run = [sys.executable, "-m", "vigie", "django-admin", "shell", "-v0", "-c", script]
    done = subprocess.run(run, env=environment(home), check=True, capture_output=True, text=True)
    return done.stdout.split()


def _stands() -> None:
    """In the child: what the database holds, as the map is told it, and each edit it took in."""
    import django

    django.setup()
    from vigie.mapping.models import Conflict, Feature, FeatureRevision, Layer
    from vigie.mapping.queries.features import changes
    from vigie.mapping.queries.layers import visible_layers
    from vigie.operations.access import machine_desk
    from vigie.operations.models import Operation

    desk = machine_desk(Operation.objects.get(slug=SLUG), "bench")
    rows = Feature.objects.all()
    print(json.dumps({
        "features": changes(desk, visible_layers(desk)).features,
        "created": [[str(row.uid), str(row.created_edit)] for row in rows],
        "revisions": [
            [str(row.edit), {**{name: told[1] for name, told in row.changes.items()}, **row.asked}]
            for row in FeatureRevision.objects.exclude(edit=None)
        ],
        "counted": sum(row.objects_number for row in Layer.objects.all()),
        "asked": Conflict.objects.count(),
    }))  # fmt: skip


def _plain(value: Any) -> Any:
    """Numbers as one kind, so that 2 and 2.0 are the same."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return value


def hash_of(features: Iterable[Mapping[str, Any]]) -> str:
    """One value for a set of objects, whatever their order."""
    rows = sorted((_plain(dict(each)) for each in features), key=lambda each: each["id"])
    text = json.dumps(rows, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _draw(people: Sequence[Person], seconds: float, dice: random.Random) -> None:
    """Let all draw, and cut lines; returns when every gesture was made and every line is whole."""
    short = min(1.0, seconds / 60)
    apart, length = ([each * short for each in pair] for pair in (APART_S, CUT_S))
    began = time.monotonic()
    for person in people:
        person.page.evaluate("(seconds) => window.bench.begin(seconds)", seconds)
        person.next_s = began + dice.uniform(0.0, apart[1])
    while (now := time.monotonic()) < began + seconds:
        for person in people:
            if now < person.next_s:
                continue
            if person.cut is not None:
                person.mend_line()
                person.next_s = now + dice.uniform(*apart)
                continue
            kind = dice.choice(KINDS)
            person.break_line(kind)
            person.next_s = now + (0.0 if kind == "stream" else dice.uniform(*length))
        time.sleep(0.05)
    for person in people:
        person.mend_line()
        person.page.wait_for_function("() => window.bench.done", timeout=PATIENCE_S * 1000)


def _settle(people: Sequence[Person], home: Path) -> tuple[dict[str, Any], float]:
    """Wait until nothing is on its way and all screens show one thing; what stands then, and how
    long it took, seconds."""
    began = time.monotonic()
    for person in people:
        person.page.wait_for_function("() => window.bench.still()", timeout=PATIENCE_S * 1000)
    taken_in = time.monotonic() - began
    stands: dict[str, Any] = json.loads(_child(home, "stands").splitlines()[-1])
    asked = hash_of(stands["features"])
    while time.monotonic() < began + PATIENCE_S:
        if {hash_of(json.loads(each.page.evaluate("() => bench.whole()"))) for each in people} == {
            asked
        }:
            break
        time.sleep(0.5)
    return stands, taken_in


def _propagation(people: Sequence[Person]) -> tuple[list[float], list[float], int]:
    """Milliseconds from gesture to screen, those of cut pairs apart, and pairs never seen (another
    gesture wrote over it before)."""
    whole: list[float] = []
    cut: list[float] = []
    never = 0
    away = {person.name: person.away() for person in people}
    first: dict[str, tuple[float, str]] = {}
    for person in people:
        for each in person.log["gestures"]:
            told = first.get(each["token"])
            if told is None or each["at"] < told[0]:
                first[each["token"]] = each["at"], person.name
    for token, (at, author) in first.items():
        for person in people:
            if person.name == author:
                continue
            seen = person.log["seen"].get(token)
            if seen is None:
                never += 1
                continue
            met = [
                mended
                for who in (author, person.name)
                for began, mended, heard in away[who]
                if began <= seen and at <= heard
            ]
            if met:
                cut.append(max(0.0, seen - max(at, *met)))
            else:
                whole.append(max(0.0, seen - at))
    return whole, cut, never


def _kept(people: Sequence[Person], stands: Mapping[str, Any]) -> dict[str, int]:
    """Edits that the database does not hold, holds twice, or holds without anybody having made
    them; `refused` and `asked` as the browsers were told."""
    made = {edit for _, edit in stands["created"]}
    later = dict(stands["revisions"])
    gestures = [each for person in people for each in person.log["gestures"]]
    told = Counter(status for person in people for status in person.log["outcomes"].values())
    outcomes = {edit: status for p in people for edit, status in p.log["outcomes"].items()}
    lost = 0
    for each in gestures:
        edit = each["edit"]
        if each["kind"] == "create":
            lost += edit not in made
        elif edit in later:
            lost += each["kind"] == "change" and later[edit].get(each["field"]) != each["token"]
        else:
            lost += outcomes.get(edit) != "same"  # removed twice: it stood removed already
    ours = {each["edit"] for each in gestures}
    uids = Counter(uid for uid, _ in stands["created"])
    names = Counter(edit for _, edit in stands["created"])
    return {
        "lost": lost,
        "doubled": sum(n - 1 for n in uids.values()) + sum(n - 1 for n in names.values())
        + len(made - ours) + len(set(later) - ours),
        "refused": told["refused"],
        "asked": told["asked"],
    }  # fmt: skip


def whole_layer(people: Sequence[Person]) -> dict[str, int]:
    """The same gestures when a save writes the whole layer and the last one wins.

    Each person works on their own copy, saves it SAVE_S after their first unsaved gesture (when the
    line is whole again, if it is cut) and then loads what stands, which is their own save.
    """
    events: list[tuple[float, int, dict[str, Any]]] = []
    for nth, person in enumerate(people):
        events += [(each["at"], nth, each) for each in person.log["gestures"]]
    events.sort(key=lambda each: each[0])
    away = [person.away() for person in people]
    file: dict[str, dict[str, Any]] = {}
    copies: list[dict[str, dict[str, Any]]] = [{} for _ in people]
    due: dict[int, float] = {}

    def save(upto: float) -> None:
        nonlocal file
        for nth, at in sorted(due.items(), key=lambda each: each[1]):
            if at <= upto:
                file = {uid: dict(each) for uid, each in copies[nth].items()}
                del due[nth]

    def when(nth: int, at: float) -> float:
        for began, mended, _ in away[nth]:
            if began <= at <= mended:
                return mended
        return at

    loaded = [0.0] * len(people)
    for at, nth, each in events:
        save(at)
        if nth not in due:
            if loaded[nth] < at:  # after a save one works on what stands
                copies[nth] = {uid: dict(kept) for uid, kept in file.items()}
            due[nth] = loaded[nth] = when(nth, at + SAVE_S * 1000)
        mine = copies[nth]
        if each["kind"] == "create":
            mine[each["uid"]] = {"name": each["token"]}
        elif each["uid"] in mine and each["kind"] == "change":
            mine[each["uid"]][each["field"]] = each["token"]
        elif each["kind"] == "remove":
            mine.pop(each["uid"], None)
    save(float("inf"))
    removed = {each["uid"] for _, _, each in events if each["kind"] == "remove"}
    drawn = {each["uid"] for _, _, each in events if each["kind"] == "create"}
    last: dict[tuple[str, str], str] = {}
    for _, _, each in events:
        if each["kind"] == "change" and each["uid"] not in removed:
            last[each["uid"], each["field"]] = each["token"]
    return {
        "objects": len(drawn - removed),
        "objects_lost": len(drawn - removed - file.keys()),
        "changes": len(last),
        "changes_lost": sum(
            file.get(uid, {}).get(name) != token for (uid, name), token in last.items()
        ),
        "removed_back": len(removed & file.keys()),
    }


def _processor(process: psutil.Process) -> float:
    """Processor seconds of a process and all it started."""
    total = 0.0
    for each in [process, *process.children(recursive=True)]:
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def run(given: argparse.Namespace, home: Path) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    prepare(home, watch="crue")
    sessions = _people(home, given.people)
    script = (ROOT / "bench" / "drawing.js").read_text(encoding="utf-8")
    script = script[script.index("async (") :]
    seconds = given.minutes * 60
    with (
        Server(home) as server,
        Lines(server.port) as lines,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        people = []
        for nth, session in enumerate(sessions):
            line = lines.open()
            context = browser.new_context(viewport={"width": 900, "height": 600})
            context.add_cookies([{"name": "sessionid", "value": session, "url": line.address}])
            page = context.new_page()
            home_of = f"/o/{SLUG}/layers/"
            page.goto(line.address + home_of + ("" if nth < given.rooms else "routes/"))
            page.evaluate(script, {
                "me": f"p{nth}", "layers": [1, 2], "box": BOX, "perSecond": PER_SECOND,
                "room": nth < given.rooms, "changes": f"{home_of}changes.geojson",
                "edits": f"{home_of}edits/",
            })  # fmt: skip
            people.append(Person(name=f"p{nth}", line=line, context=context, page=page))
        web, mine = psutil.Process(server.process.pid), psutil.Process()
        before = _processor(web), _processor(mine)
        began = time.monotonic()
        _draw(people, seconds, random.Random(given.seed))
        drew = time.monotonic() - began
        used_web, used_all = _processor(web) - before[0], _processor(mine) - before[1]
        stands, settled = _settle(people, home)
        asked = hash_of(stands["features"])
        screens = []
        for person in people:
            told = json.loads(person.page.evaluate("() => bench.whole()"))
            screens.append(hash_of(told) == asked)
            person.log = person.page.evaluate("() => bench.log")
            if given.keep:
                (given.keep / f"{person.name}.json").write_text(
                    json.dumps({"log": person.log, "cuts": person.cuts, "store": told})
                )
        if given.keep:
            (given.keep / "stands.json").write_text(json.dumps(stands))
        browser.close()
    whole, cut, never = _propagation(people)
    cuts = [each for person in people for each in person.cuts]
    again = [heard - mended for person in people for _, mended, heard in person.away()]
    gestures = [each["kind"] for person in people for each in person.log["gestures"]]
    return {
        **_kept(people, stands),
        "screens_equal": f"{sum(screens)} of {len(screens)}",
        "p50_s": round(percentile(whole, 0.5) / 1000, 3),
        "p95_s": round(percentile(whole, 0.95) / 1000, 3),
        "p99_s": round(percentile(whole, 0.99) / 1000, 3),
        "worst_s": round(max(whole) / 1000, 3),
        "pairs": len(whole),
        "after_cut_p50_s": round(percentile(cut or [0.0], 0.5) / 1000, 3),
        "after_cut_p95_s": round(percentile(cut or [0.0], 0.95) / 1000, 3),
        "after_cut_pairs": len(cut),
        "written_over_before_seen": never,
        "cuts": dict(Counter(kind for kind, _, _ in cuts)),
        "cut_share": round(sum(to - at for _, at, to in cuts) / 1000 / drew / len(people), 3),
        "stream_again_p95_s": round(percentile(again or [0.0], 0.95) / 1000, 3),
        "last_edit_taken_in_s": round(settled, 2),
        "gestures": dict(Counter(gestures)),
        "objects_standing": len(stands["features"]),
        "counted_in_layers": stands["counted"],
        "questions": stands["asked"],
        "latest_gesture_ms": round(max(person.log["late"] for person in people)),
        "people": len(people),
        "minutes": given.minutes,
        "map_rooms": given.rooms,
        "server_cores": round(used_web / drew, 2),
        "browsers_cores": round((used_all - used_web) / drew, 2),
        **{f"whole_layer_{name}": n for name, n in whole_layer(people).items()},
    }


def main() -> None:
    asked = argparse.ArgumentParser(prog="vigie bench drawing", description=__doc__)
    asked.add_argument("--minutes", type=float, default=3.0)
    asked.add_argument("--people", type=int, default=10)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--rooms", type=int, default=1, help="how many have the whole map open")
    asked.add_argument("--keep", type=Path, help="folder for what each browser wrote down")
    given = asked.parse_args()
    folder = os.environ.get("VIGIE_BENCH_FOLDER")
    with tempfile.TemporaryDirectory(prefix="vigie-drawing-", dir=folder) as name:
        found = run(given, Path(name))
    record("drawing", found, targets={
        "lost": "0", "doubled": "0", "screens_equal": f"{given.people} of {given.people}", "p95_s": "≤ 1",
    })  # fmt: skip
    whole = found["lost"] == found["doubled"] == 0
    sys.exit(0 if whole and found["screens_equal"] == f"{given.people} of {given.people}" else 1)


if __name__ == "__main__":
    _stands() if sys.argv[1:] == ["stands"] else main()
