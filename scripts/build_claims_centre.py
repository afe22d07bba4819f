"""Make src/vigie/analysis/data/claims_centre.json: the middle of what posts and claims say.

    python scripts/build_claims_centre.py

Vectors of one model all lie in a narrow cone; nearness is told apart once its axis is taken away.
While few claims are held the axis cannot be learnt from them, so the mean of our own exercises'
posts and claims is shipped. To be run when the model changes (a test says so).
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
TARGET = ROOT / "src" / "vigie" / "analysis" / "data" / "claims_centre.json"
EVERY = 6


def main() -> None:
    import msgspec
    import numpy as np

    from vigie.analysis.claims.encoding import MODEL, encoded
    from vigie.plugins.sources.exercise import load_shipped
    from vigie.plugins.sources.exercise.reading import shipped

    texts: list[str] = []
    for name in shipped():
        scenario = load_shipped(name)
        posts = [event.post.text for event in scenario.timeline if event.post is not None]
        texts += [text for text in posts if len(text) > 40][::EVERY]
        for claim in scenario.claims:
            texts += [says for says in msgspec.to_builtins(claim.says).values() if says]
    middle = encoded(texts).mean(axis=0).astype(np.dtype("<f2"))
    found = {
        "model": MODEL,
        "texts": len(texts),
        "vector": base64.b64encode(middle.tobytes()).decode(),
    }
    TARGET.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(texts)} texts → {TARGET.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
