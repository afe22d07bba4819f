// The map over a time: what each object, incident and measure was at any moment of it. Pure: the
// server's answer and what the browser knew when it came in; what stood at a moment out.
import { put } from "/static/layers/shapes.js";

/** @typedef {import("/static/layers/store.js").Drawn} Drawn */
/** @typedef {{ at: string, by: string, fields: Record<string, any> }} Told */
/** @typedef {{ uid: string, drawn: Told | null, first: Drawn | null, changes: Told[] }} ObjectTold `first` is null for one that is as the browser knows it */
/** @typedef {{ at: string, by: string, fields: string[], feature: any | null }} VersionTold */
/** @typedef {{ id: number, number: number, opened: boolean, versions: VersionTold[] }} IncidentTold */
/** @typedef {{ id: number, name: string, geometry: any, said: { at: string, standing: string, said: string, shade: string }[] }} MeasureTold */
/** @typedef {{ from: string, to: string, seq: number, layers: number[], as_now: number[], objects: ObjectTold[], incidents: IncidentTold[], measures: MeasureTold[] }} CourseTold */
/** @typedef {{ at: number, drawn: Drawn | null }} State */
/** @typedef {"drawn" | "deleted" | "restored" | "moved" | "changed" | "opened" | "merged"} Kind */
/** @typedef {{ at: number, by: string, kind: Kind, name: string, fields: string[], uid?: string, incident?: number, number?: number }} Happening */

const BEFORE = -Infinity;
const SHAPE = ["geometry", "radius_m"];

export class Course {
  /** @param {CourseTold} told @param {ReadonlyMap<string, Drawn>} known what the browser knew when it was told */
  constructor(told, known) {
    this.from = Date.parse(told.from);
    this.to = Date.parse(told.to);
    this.asNow = new Set(told.as_now);
    this.incidents = told.incidents;
    this.measures = told.measures;
    /** Of objects that changed, the oldest state first. @type {Map<string, State[]>} */
    this.states = new Map();
    /** What happened, the oldest first. @type {Happening[]} */
    this.happenings = [];
    /** What nobody changed. @type {Map<string, Drawn>} */
    this.still = new Map();
    const layers = new Set(told.layers);
    for (const each of told.objects) this.read(each, known.get(each.uid));
    for (const [uid, drawn] of known) {
      const layer = Number(drawn.properties.layer);
      if (!this.states.has(uid) && layers.has(layer) && !this.asNow.has(layer)) this.still.set(uid, drawn);
    }
    for (const each of told.incidents) this.readIncident(each);
    this.happenings.sort((a, b) => a.at - b.at);
  }

  /** @param {ObjectTold} told @param {Drawn | undefined} known */
  read({ uid, drawn, first, changes }, known) {
    let now = first ?? known;
    if (!now) return; // drawn while the answer was on its way: the next one has it
    /** @type {State[]} */
    const states = [{ at: BEFORE, drawn: drawn || now.properties.deleted ? null : now }];
    if (drawn) {
      states.push({ at: Date.parse(drawn.at), drawn: now.properties.deleted ? null : now });
      this.happenings.push({ at: Date.parse(drawn.at), by: drawn.by, kind: "drawn", name: nameOf(now), fields: [], uid });
    }
    for (const { at, by, fields } of changes) {
      const was = Boolean(now.properties.deleted);
      const next = /** @type {Drawn} */ ({ ...now, properties: { ...now.properties, attributes: { ...now.properties.attributes }, updated_at: at, updated_by: by } });
      for (const [field, value] of Object.entries(fields)) put(next, field, value);
      const gone = Boolean(next.properties.deleted);
      states.push({ at: Date.parse(at), drawn: gone ? null : next });
      const names = Object.keys(fields).filter((field) => field !== "deleted");
      const kind = gone !== was ? (gone ? "deleted" : "restored") : names.some((field) => SHAPE.includes(field)) ? "moved" : "changed";
      this.happenings.push({ at: Date.parse(at), by, kind, name: nameOf(next) || nameOf(now), fields: names, uid });
      now = next;
    }
    this.states.set(uid, states);
  }

  /** @param {IncidentTold} told */
  readIncident({ id, number, opened, versions }) {
    let last = "";
    for (const [i, { at, by, fields, feature }] of versions.entries()) {
      const name = feature?.properties.title ?? last;
      last = name;
      if (!i && !opened) continue;
      const kind = !i ? "opened" : !feature ? "merged" : fields.includes("geometry") ? "moved" : "changed";
      this.happenings.push({ at: Date.parse(at), by, kind, name, fields, incident: id, number });
    }
  }

  /** The object at a moment; null when it was not there. @param {string} uid @param {number} ms @returns {Drawn | null} */
  object(uid, ms) {
    const states = this.states.get(uid);
    if (!states) return this.still.get(uid) ?? null;
    return last(states, ms)?.drawn ?? null;
  }

  /** @param {number} ms @returns {Drawn[]} */
  objects(ms) {
    const all = [...this.still.values()];
    for (const states of this.states.values()) {
      const drawn = last(states, ms)?.drawn;
      if (drawn) all.push(drawn);
    }
    return all;
  }

  /** Incidents as they stood, as features. @param {number} ms @returns {any[]} */
  incidentsAt(ms) {
    return this.incidents.flatMap(({ opened, versions }) => {
      const times = versions.map((each, i) => ({ at: i || opened ? Date.parse(each.at) : BEFORE, feature: each.feature }));
      return last(times, ms)?.feature ?? [];
    });
  }

  /** Official measures as they were known, as features; what was not known yet is grey. @param {number} ms @returns {any[]} */
  measuresAt(ms) {
    return this.measures.flatMap(({ id, name, geometry, said }) => {
      const word = last(said.map((each) => ({ ...each, at: Date.parse(each.at) })), ms);
      if (word?.standing === "over") return [];
      return [{ type: "Feature", id, geometry, properties: { id, name, said: word?.said ?? "", shade: word?.shade ?? "none" } }];
    });
  }

  /** What happened after one moment and not after another. @param {number} after @param {number} until @returns {Happening[]} */
  between(after, until) {
    return this.happenings.slice(past(this.happenings, after), past(this.happenings, until));
  }

  /** Objects that differ between two moments. @param {number} one @param {number} other @returns {Set<string>} */
  touched(one, other) {
    const uids = this.between(Math.min(one, other), Math.max(one, other)).flatMap(({ uid }) => (uid ? [uid] : []));
    return new Set(uids);
  }

  /** How many things happened in each of so many equal parts of a time. @param {number} from @param {number} to @param {number} bins @returns {number[]} */
  counts(from, to, bins) {
    const found = new Array(bins).fill(0);
    for (const { at } of this.between(from - 1, to)) found[Math.min(bins - 1, Math.floor(((at - from) / Math.max(1, to - from)) * bins))] += 1;
    return found;
  }
}

/**
 * What is read instead of the store while another moment is shown; layers drawn from tiles stay as they
 * are now. @typedef {{ get(uid: string): Drawn | undefined, all(): Drawn[] }} Seen
 * @param {Course} course @param {() => number} moment @param {Seen} store @returns {Seen}
 */
export function seenAt(course, moment, store) {
  const asNow = (/** @type {Drawn | undefined} */ drawn) => (drawn && course.asNow.has(Number(drawn.properties.layer)) ? drawn : undefined);
  return {
    get: (uid) => course.object(uid, moment()) ?? asNow(store.get(uid)),
    all: () => [...course.objects(moment()), ...(course.asNow.size ? store.all().filter((each) => asNow(each)) : [])],
  };
}

/** How many of a list in order of time are not after a moment. @param {{ at: number }[]} list @param {number} ms */
function past(list, ms) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (/** @type {{ at: number }} */ (list[middle]).at <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @template {{ at: number }} T @param {T[]} list @param {number} ms @returns {T | undefined} */
const last = (list, ms) => list[past(list, ms) - 1];

/** @param {Drawn} drawn */
const nameOf = (drawn) => String(drawn.properties.name || drawn.properties.template || "");
