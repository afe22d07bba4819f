// The one door to the map library: nothing else imports it. Rooms come through maplib.js, which has the
// drawing library beside it; the public map, which nobody draws on, comes here and loads no more.
export {
  AttributionControl, Map as LibreMap, Marker, NavigationControl, ScaleControl,
} from "/static/ui/vendor/maplibre-gl.mjs";
