// Ages stay true: "7 min ago" is rewritten as time goes, then becomes a clock time, then a date.
// The words are those of web/ui/moments.py.
import { register } from "./behaviours.js";
import { fill, gettext, ngettext } from "./words.js";

const HOUR = 3_600_000;
const EVERY = 15_000;

/** @type {Set<HTMLTimeElement>} */
const shown = new Set();

/**
 * How a moment is written now, in a zone.
 * @param {Date} moment @param {Date} now @param {string} zone IANA name @param {string} language
 * @returns {string}
 */
export function short(moment, now, zone, language) {
  const age = now.getTime() - moment.getTime();
  if (Math.abs(age) < HOUR) {
    const minutes = Math.floor(Math.abs(age) / 60_000);
    if (minutes === 0) return gettext("just now");
    return age > 0
      ? fill(ngettext("%(n)d min ago", "%(n)d min ago", minutes), { n: minutes })
      : fill(ngettext("in %(n)d min", "in %(n)d min", minutes), { n: minutes });
  }
  const locale = language === "fr" ? "fr-FR" : "en-GB";
  const write = (/** @type {Intl.DateTimeFormatOptions} */ options, at = moment) =>
    new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }).format(at);
  const clock = write({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = { day: "numeric", month: "numeric", year: "numeric" };
  const full = /** @type {Intl.DateTimeFormatOptions} */ (day);
  if (write(full) === write(full, now)) return clock;
  const date = write({ day: "numeric", month: "short" });
  const year = write({ year: "numeric" });
  return year === write({ year: "numeric" }, now) ? `${date} ${clock}` : `${date} ${year} ${clock}`;
}

class Time {
  /** @param {HTMLTimeElement} element */
  constructor(element) {
    this.element = element;
    shown.add(element);
    refresh(element, new Date());
  }

  disconnect() {
    shown.delete(this.element);
  }
}

/** @param {HTMLTimeElement} element @param {Date} now */
function refresh(element, now) {
  const text = short(new Date(element.dateTime), now, document.body.dataset.zone ?? "UTC", document.documentElement.lang);
  if (element.textContent !== text) element.textContent = text;
}

setInterval(() => {
  const now = new Date();
  for (const element of shown) refresh(element, now);
}, EVERY);

register("time", /** @type {any} */ (Time));
