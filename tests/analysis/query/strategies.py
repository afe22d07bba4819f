"""Queries and posts out of a small vocabulary, so that they meet often."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = [
    "crue", "crues", "inondation", "inondée", "orge", "Yvette", "météo", "eau", "eaux", "montée",
    "des", "rue", "D118", "évacuations", "SavignySurOrge", "flooded", "l'eau",
]  # fmt: skip

word = st.sampled_from(WORDS)
term = st.one_of(
    word,
    word.map(lambda w: w[:4] + "*"),
    st.sampled_from(["evacuat*", "inondat*", "#SavignySurOrge"]),
    st.lists(word, min_size=2, max_size=3).map(lambda ws: f'"{" ".join(ws)}"'),
)
field = st.sampled_from(
    [
        "lang:fr",
        "lang:en",
        "place:91",
        "place:91345",
        "place:Longjumeau",
        "place:orge",
        "source:prefecture",
        "source:pref*",
        "network:mastodon",
        "has:media",
        "has:video",
        "has:place",
        "from:@ana",
    ]
)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    parts = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        inner.map(lambda q: f"-({q})"),
        inner.map(lambda q: f"NOT ({q})"),
        parts.map(lambda qs: f"({' OR '.join(qs)})"),
        parts.map(lambda qs: f"({' '.join(qs)})"),
        parts.map(lambda qs: f"({qs[0]} -{qs[1]})"),
    )


queries = st.recursive(term | field, _compound, max_leaves=6)
text_queries = st.recursive(term, _compound, max_leaves=6)
texts = st.lists(word | st.just("#SavignySurOrge"), max_size=8).map(" ".join)
