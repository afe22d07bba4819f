// On a phone a line is swept aside: to the right it is kept, to the left dismissed.

const FAR_ENOUGH_PX = 96;
const SURE_PX = 12;

/**
 * @param {HTMLElement} board
 * @param {(line: HTMLElement, verb: "keep" | "dismiss") => void} swept
 */
export function sweep(board, swept) {
  /** @type {{ line: HTMLElement, x: number, y: number, on: boolean } | null} */
  let hand = null;

  /** @param {number} x */
  const verbAt = (x) => (x > 0 ? "keep" : "dismiss");

  const drop = () => {
    if (!hand) return;
    hand.line.style.removeProperty("--swept");
    delete hand.line.dataset.sweep;
    delete hand.line.dataset.sure;
    hand = null;
  };

  board.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch" || !(event.target instanceof Element)) return;
    const line = event.target.closest(".post[data-lead]");
    if (line && !event.target.closest("button, input"))
      hand = { line: /** @type {HTMLElement} */ (line), x: event.clientX, y: event.clientY, on: false };
  });
  board.addEventListener("pointermove", (event) => {
    if (!hand) return;
    const x = event.clientX - hand.x;
    const y = event.clientY - hand.y;
    if (!hand.on) {
      if (Math.abs(y) > SURE_PX && Math.abs(y) > Math.abs(x)) return drop();
      if (Math.abs(x) < SURE_PX) return;
      hand.on = true;
      hand.line.setPointerCapture(event.pointerId);
    }
    hand.line.style.setProperty("--swept", `${x}px`);
    hand.line.dataset.sweep = verbAt(x);
    hand.line.toggleAttribute("data-sure", Math.abs(x) >= FAR_ENOUGH_PX);
  });
  board.addEventListener("pointerup", (event) => {
    if (!hand) return;
    const { line, on, x } = hand;
    const way = event.clientX - x;
    drop();
    if (!on) return;
    // the click that follows the lifting of the finger is not for opening
    board.addEventListener("click", stop, { capture: true, once: true });
    setTimeout(() => board.removeEventListener("click", stop, { capture: true }), 50);
    if (Math.abs(way) >= FAR_ENOUGH_PX) swept(line, verbAt(way));
  });
  board.addEventListener("pointercancel", drop);
}

/** @param {Event} event */
function stop(event) {
  event.preventDefault();
  event.stopPropagation();
}
