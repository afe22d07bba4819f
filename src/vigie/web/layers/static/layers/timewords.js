// What happened on the map, in sentences, and how a moment is written.
import { fill, gettext, ngettext } from "/static/ui/js/words.js";

/** @typedef {import("/static/layers/course.js").Happening} Happening */
/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */

const SAID = 5;
const MINUTE = 60_000;

/** Steps of the slider in minutes: the first that makes at most so many over the time. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440];
const MOST_STEPS = 150;

/** "14:20", with the date when it is another day's than `beside`. @param {number} ms @param {number} [beside] */
export function clock(ms, beside = Date.now()) {
  const zone = document.body.dataset.zone ?? "UTC";
  const write = (/** @type {Intl.DateTimeFormatOptions} */ options, at = ms) =>
    new Intl.DateTimeFormat(document.documentElement.lang === "fr" ? "fr-FR" : "en-GB", { timeZone: zone, ...options }).format(at);
  const time = write({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = /** @type {Intl.DateTimeFormatOptions} */ ({ day: "numeric", month: "numeric", year: "numeric" });
  return write(day) === write(day, beside) ? time : `${write({ day: "numeric", month: "short" })} ${time}`;
}

/** @param {number} ms length of the time @returns {number} */
export const stepOf = (ms) => (STEPS.find((minutes) => ms / (minutes * MINUTE) <= MOST_STEPS) ?? 1440) * MINUTE;

/** One thing that happened. @param {Workspace} room @param {Happening} happening @returns {string} */
export function sentence(room, { kind, by, name, number, fields }) {
  const who = by || "Vigie";
  const what = room.templates.get(name)?.label || name || gettext("an object");
  if (number !== undefined) {
    const words = {
      opened: gettext("%(who)s opened incident %(n)s, “%(what)s”"), merged: gettext("%(who)s merged incident %(n)s, “%(what)s”, into another"),
      moved: gettext("%(who)s placed incident %(n)s, “%(what)s”"),
    };
    return fill(words[/** @type {keyof typeof words} */ (kind)] ?? gettext("%(who)s changed incident %(n)s, “%(what)s”"), { who, what, n: number });
  }
  const words = {
    drawn: gettext("%(who)s drew “%(what)s”"), deleted: gettext("%(who)s deleted “%(what)s”"), restored: gettext("%(who)s brought back “%(what)s”"),
    moved: gettext("%(who)s moved or redrew “%(what)s”"),
  };
  const said = fill(words[/** @type {keyof typeof words} */ (kind)] ?? gettext("%(who)s changed “%(what)s”"), { who, what });
  const named = kind === "changed" ? fields.map(fieldWord).join(", ") : "";
  return named ? fill(gettext("%(said)s: %(fields)s"), { said, fields: named }) : said;
}

/** @param {string} field */
function fieldWord(field) {
  const words = /** @type {Record<string, string>} */ ({
    name: gettext("Name"), note: gettext("Note"), template: gettext("What it is"), valid_from: gettext("Valid from"), valid_until: gettext("Valid until"),
    reliability: gettext("Source"), credibility: gettext("Information"), precision_m: gettext("Precision"), lead: gettext("From the post"),
  });
  return words[field] ?? field.replace("attributes.", "").replaceAll("_", " ");
}

/** What a screen reader hears after a step by hand. @param {Workspace} room @param {number} ms @param {Happening[]} happenings @param {boolean} back they were undone */
export function announcement(room, ms, happenings, back) {
  const at = clock(ms);
  if (!happenings.length) return fill(gettext("%(at)s: no change"), { at });
  const told = happenings.slice(-SAID).map((each) => sentence(room, each)).join("; ");
  const count = fill(ngettext("%(n)s change", "%(n)s changes", happenings.length), { n: happenings.length });
  return fill(back ? gettext("%(at)s, before %(count)s: %(told)s") : gettext("%(at)s, %(count)s: %(told)s"), { at, count, told });
}
