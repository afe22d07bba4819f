// Entry point: starts every behaviour on the page and on every fragment htmx brings.
import { start } from "./behaviours.js";
import "./live.js";

start();
