// Entry point: starts every behaviour on the page and on every fragment htmx brings.
import { start } from "./behaviours.js";
import "./keyboard.js";
import "./toast.js";
import "./dialog.js";
import "./menu.js";
import "./detail.js";
import "./time.js";
import "./line.js";
import "./draft.js";
import "./theme.js";
import "./errors.js";
import "./copy.js";
import "./veil.js";
import "./live.js";
import "./kept.js";
import "./leaving.js";
import "./press.js";

start();
