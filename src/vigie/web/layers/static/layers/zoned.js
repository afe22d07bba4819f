// A moment as a field of date and time shows it in the operation's zone, and back.

/** @returns {string} */
const zone = () => document.body.dataset.zone || "UTC";

/** Minutes the zone is ahead of UTC at a moment. @param {Date} at */
function ahead(at) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone(), year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  }).formatToParts(at);
  const of = (/** @type {string} */ type) => Number(parts.find((part) => part.type === type)?.value);
  return (Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute")) - Math.floor(at.getTime() / 60_000) * 60_000) / 60_000;
}

/** "2026-11-24T18:30" of an RFC 3339 text; "" of none. @param {string | null | undefined} text */
export function toField(text) {
  if (!text) return "";
  const at = new Date(text);
  return new Date(at.getTime() + ahead(at) * 60_000).toISOString().slice(0, 16);
}

/** RFC 3339 of what the field says; null of nothing. @param {string} value */
export function fromField(value) {
  if (!value) return null;
  const wall = Date.parse(`${value.slice(0, 16)}:00Z`);
  const guess = new Date(wall - ahead(new Date(wall)) * 60_000);
  return new Date(wall - ahead(guess) * 60_000).toISOString();
}
