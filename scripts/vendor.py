"""Copy the browser's packages from node_modules into static/vendor, and draw the icon sprite.

Usage: python scripts/vendor.py NODE_MODULES TARGET. Both are folders; TARGET is made anew.
The icons in the sprite are those named in the templates and scripts, so unused ones are not shipped.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import basemap

FILES = {
    "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl-shared.mjs": "maplibre-gl-shared.mjs",
    "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl.css",
    "maplibre-gl/LICENSE.txt": "maplibre-gl.LICENSE.txt",
    "terra-draw/dist/terra-draw.module.js": "terra-draw.js",
    "terra-draw-maplibre-gl-adapter/dist/terra-draw-maplibre-gl-adapter.module.js": (
        "terra-draw-maplibre-gl-adapter.js"
    ),
    "@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2": (
        "source-sans-3-latin.woff2"
    ),
    "@fontsource-variable/source-sans-3/files/source-sans-3-latin-ext-wght-normal.woff2": (
        "source-sans-3-latin-ext.woff2"
    ),
    "@fontsource-variable/source-sans-3/LICENSE": "source-sans-3.LICENSE",
}
ICON_USES = (
    re.compile(r"""\{% icon\s+["']([a-z0-9-]+)["']"""),
    re.compile(r"""\bicon(?:_name)?(?:[=:]|\|default:)\s*["']([a-z0-9-]+)["']"""),
    re.compile(r"""\bdrawIcon\(["']([a-z0-9-]+)["']"""),
    re.compile(r"""icons\.svg#([a-z0-9-]+)"""),
)


def icon_names(package: Path) -> set[str]:
    """Names of all icons that templates, Python and scripts of `package` ask for."""
    names: set[str] = set()
    for path in package.rglob("*"):
        if path.suffix in {".html", ".py", ".js"} and "vendor" not in path.parts:
            text = path.read_text(encoding="utf-8")
            for pattern in ICON_USES:
                names.update(pattern.findall(text))
    return names


def sprite(icons: Path, names: set[str]) -> str:
    """One SVG with a <symbol> per icon. Raises SystemExit when a name is not in the icon set."""
    symbols = []
    for name in sorted(names):
        for style in ("outline", "filled"):
            path = icons / style / f"{name.removesuffix('-filled')}.svg"
            wanted = "filled" if name.endswith("-filled") else "outline"
            if style == wanted and path.exists():
                svg = path.read_text(encoding="utf-8")
                svg = re.sub(r"<!--.*?-->", "", svg, flags=re.S)
                body = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
                paint = (
                    'fill="currentColor"'
                    if style == "filled"
                    else 'fill="none" stroke="currentColor" stroke-width="2" '
                    'stroke-linecap="round" stroke-linejoin="round"'
                )
                symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24" {paint}>{body}</symbol>')
                break
        else:
            raise SystemExit(f"icon '{name}' is not in the icon set (tabler)")
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>\n"


def main(node_modules: Path, target: Path) -> None:
    package = Path(__file__).resolve().parents[1] / "src" / "vigie"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for source, name in FILES.items():
        path = node_modules / source
        if not path.exists():
            raise SystemExit(f"{source} is missing: run npm ci first")
        text_like = name.endswith((".js", ".mjs", ".css"))
        if text_like:  # source maps are not shipped
            text = path.read_text(encoding="utf-8")
            text = re.sub(r"\n?(//|/\*)# sourceMappingURL=.*", "", text)
            text = text.replace('from"terra-draw"', 'from"./terra-draw.js"')  # no bare names
            (target / name).write_text(text, encoding="utf-8")
        else:
            shutil.copyfile(path, target / name)
    basemap.main(node_modules / "world-atlas", target / "outline.json")
    icons = node_modules / "@tabler" / "icons" / "icons"
    (target / "icons.svg").write_text(sprite(icons, icon_names(package)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
