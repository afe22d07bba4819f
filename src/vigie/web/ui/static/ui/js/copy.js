// <button data-vigie-copy="#token">: copies the text of that element and says so.
import { register } from "./behaviours.js";
import { toast } from "./toast.js";
import { gettext } from "./words.js";

class Copy {
  /** @param {HTMLElement} button */
  constructor(button) {
    button.addEventListener("click", async () => {
      const source = document.querySelector(button.dataset.vigieCopy ?? "");
      const text = source instanceof HTMLInputElement ? source.value : source?.textContent?.trim();
      try {
        await navigator.clipboard.writeText(text ?? "");
        toast(gettext("Copied"), { kind: "good" });
      } catch {
        if (source) getSelection()?.selectAllChildren(source);
        toast(gettext("The browser does not allow copying: the text is selected, use Ctrl+C."), { kind: "warn" });
      }
    });
  }
}

register("copy", Copy);
