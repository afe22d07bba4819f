// One person drawing, for bench/drawing.py: evaluated in the map room, on its store, or on a page of
// the same site with a store of its own. It makes gestures at a steady pace, writes down each with its
// moment, and the moment at which what others made is first in this store. It changes nothing of what
// the store does.
async ({ me, layers, box, perSecond, room, changes, edits }) => {
  const store = room ? await inRoom() : await alone();

  async function inRoom() {
    const { whenOpen } = await import("/static/layers/hooks.js");
    return (await new Promise((resolve) => whenOpen(resolve))).store;
  }
  async function alone() {
    const { LayerStore } = await import("/static/layers/store.js");
    const made = new LayerStore({ changes, edits });
    await made.follow();
    return made;
  }

  const log = { gestures: [], seen: {}, lines: [], outcomes: {}, late: 0 };
  const others = [];
  const mine = (token) => token.startsWith(`${me}-`);
  const any = (list) => list[Math.floor(Math.random() * list.length)];
  const place = () => [box[0] + Math.random() * (box[2] - box[0]), box[1] + Math.random() * (box[3] - box[1])].map((each) => Number(each.toFixed(6)));

  const first = (what, at) => (log.seen[what] ??= at);
  const look = ({ uids, all }) => {
    const at = Date.now();
    for (const uid of all ? [...Object.keys(known), ...store.known.keys()] : uids) {
      const each = store.get(uid);
      if (!each) {
        if (known[uid] && !store.own.has(uid)) first(`gone ${uid}`, at);
        continue;
      }
      if (!known[uid]) {
        known[uid] = true;
        if (!mine(each.properties.name)) others.push(uid);
      }
      for (const word of [each.properties.name, each.properties.note, each.properties.attributes.seen, each.properties.attributes.moved])
        if (word && !mine(word)) first(word, at);
    }
  };
  const known = {};
  store.addEventListener("change", (event) => look(event.detail));
  document.addEventListener("vigie:line", (event) => log.lines.push([event.detail, Date.now()]));
  const taken = store.taken.bind(store);
  store.taken = (batch, answer) => {
    for (const each of answer.outcomes) log.outcomes[each.edit] = each.status;
    taken(batch, answer);
  };

  let n = 0;
  const note = (kind, uid, token, field) => log.gestures.push({ kind, uid, token, field, edit: store.pending.at(-1).edit, at: Date.now() });
  const draw = (token) => {
    const [lon, lat] = place();
    const chance = Math.random();
    const geometry = chance < 0.6 ? { type: "Point", coordinates: [lon, lat] }
      : chance < 0.85 ? { type: "LineString", coordinates: [[lon, lat], [lon + 0.004, lat + 0.002], [lon + 0.007, lat - 0.001]] }
      : { type: "Polygon", coordinates: [[[lon, lat], [lon + 0.003, lat], [lon + 0.003, lat + 0.002], [lon, lat]]] };
    note("create", store.create(any(layers), { geometry, name: token }), token, "name");
  };
  const gesture = () => {
    const token = `${me}-${n++}`;
    const chance = Math.random();
    const uid = chance < 0.7 ? "" : any(others);
    if (!uid || !store.get(uid)) return draw(token);
    if (chance < 0.92) {
      const field = any(["name", "note", "attributes.seen", "attributes.moved"]);
      const more = field === "attributes.moved" ? { geometry: { type: "Point", coordinates: place() } } : {};
      store.change(uid, { [field]: token, ...more });
      note("change", uid, token, field);
    } else {
      store.remove(uid);
      note("remove", uid, `gone ${uid}`, "deleted");
    }
  };
  window.bench = {
    log,
    begin(seconds) {
      const began = performance.now();
      const total = Math.round(seconds * perSecond);
      let made = 0;
      const step = () => {
        if (made === total) return void (window.bench.done = true);
        gesture();
        made += 1;
        const wait = began + (made * 1000) / perSecond - performance.now();
        log.late = Math.max(log.late, -wait);
        setTimeout(step, Math.max(0, wait));
      };
      setTimeout(step, Math.random() * (1000 / perSecond));
    },
    /** All objects of the store as the server tells them. */
    whole: () => JSON.stringify([...store.known.values()]),
    still: () => !store.pending.length && !store.asking && store.timer === undefined,
  };
}
