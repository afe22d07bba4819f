from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.query import strategies as some
from vigie.analysis.query import And, Field, Not, Or, Query, QueryError, Term, explain, parse

pytestmark = pytest.mark.pure


def test_the_example_of_the_documentation_is_read_as_it_says() -> None:
    root = parse('(crue OR inond* OR "montée des eaux") AND (orge OR yvette) -météo').root
    assert isinstance(root, And)
    rising, river, weather = root.children
    assert rising == Or(
        (
            Term("crue", ("cru",)),
            Term("inond", (), "inond"),
            Term("montée des eaux", ("mont", "de", "eau")),
        )
    )
    assert isinstance(river, Or)
    assert weather == Not(Term("météo", ("meteo",)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("crue orge", "crue AND orge"),
        ("crue ET orge", "crue and orge"),
        ("crue OU orge", "crue OR orge"),
        ("crue | orge", "crue or orge"),
        ("crue SAUF météo", "crue -météo"),
        ("crue NOT météo", "crue AND NOT météo"),
        ("« montée des eaux »", '"montée des eaux"'),
        ("a b OR c d", "(a b) OR (c d)"),
        ("-(-crue)", "crue"),
        ("Inondées", "inondees"),
        ("RD118", '"RD 118"'),
    ],
)
def test_two_ways_of_writing_mean_the_same(one: str, other: str) -> None:
    def bare(text: str) -> str:
        return explain(parse(text)).lower().replace("é", "e").replace("rd 118", "rd118")

    assert bare(one) == bare(other)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("lang:fr", "lang", "fr"),
        ("langue:français", "lang", "fr"),
        ("place:91345", "place", "91345"),
        ("place:2a", "place", "2A"),
        ('lieu:"St-Michel-sur-Orge"', "place", "saint michel sur orge"),
        ("place:Évry", "place", "evry"),
        ("has:média", "has", "media"),
        ("from:@Prefet91", "from", "prefet91"),
        ("network:Mastodon", "network", "mastodon"),
        ("réseau:masto*", "network", "masto*"),
        ("source:'Préfecture'", "source", "'prefecture'"),
    ],
)
def test_fields_are_normalised(text: str, name: str, value: str) -> None:
    root = parse(text).root
    assert isinstance(root, Field)
    assert (root.name, root.value) == (name, value)


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "empty", 0),
        ("  \n", "empty", 0),
        ("x" * 2001, "too_long", 2000),
        ("(" * 21 + "x" + ")" * 21, "too_deep", 20),
        ('crue "montée', "unbalanced_quotes", 5),
        ("(crue", "unbalanced_parenthesis", 0),
        ("crue)", "unbalanced_parenthesis", 4),
        ("crue ()", "empty_group", 5),
        ("crue OR", "missing_operand", 5),
        ("OR crue", "missing_operand", 0),
        ("crue AND OR x", "missing_operand", 9),
        ("(crue OU)", "missing_operand", 6),
        ("crue NOT", "missing_operand", 5),
        ("couleur:bleu", "unknown_field", 0),
        ("crue lang:", "empty_field", 5),
        ('place:""', "empty_field", 0),
        ("from:@", "empty_field", 0),
        ("lang:klingon", "bad_value", 0),
        ("has:humour", "bad_value", 0),
        ("*", "lone_star", 0),
        ("crue *", "lone_star", 5),
        ("in*nd", "misplaced_star", 2),
        ("*ond", "misplaced_star", 0),
        ("a*", "short_prefix", 0),
        ("crue ???", "nothing_to_search", 5),
        ('""', "nothing_to_search", 0),
    ],
)
def test_a_wrong_query_is_refused_with_its_reason_and_place(
    text: str, code: str, position: int
) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert (caught.value.code, caught.value.position) == (code, position)


def read(text: str) -> tuple[Query | None, int]:
    try:
        return parse(text), 0
    except QueryError as error:
        return None, error.position


PIECES = st.sampled_from(
    ["(", ")", '"', "«", "»", "-", "*", " ", "OR", "AND", "NOT", "ou", "lang:", "place:", "x", "#",
     "crue", "é", "@", ":", "!", "|", "&", "'", "\u202e", "\n", "has:media", "from:"]
)  # fmt: skip


@given(st.text(st.characters(exclude_categories=()), max_size=60) | st.lists(PIECES).map("".join))
def test_any_text_is_a_query_that_can_be_explained_or_a_named_refusal(text: str) -> None:
    query, position = read(text)
    assert 0 <= position <= len(text)
    if query is None:
        return
    assert explain(query, "fr").endswith(".")
    assert explain(query, "en").endswith(".")


@given(some.queries)
def test_every_composed_query_is_read_and_explained(text: str) -> None:
    query = parse(text)
    assert explain(query, "fr") != explain(query, "en")


def test_a_thousand_negations_and_operands_do_not_exhaust_the_stack() -> None:
    assert parse("-" * 1_000 + "x").root == parse("x").root
    assert parse("NOT " * 499 + "x").root == Not(Term("x", ("x",)))
    root = parse(" OR ".join(["x"] * 400)).root
    assert isinstance(root, Or)
    assert len(root.children) == 400


def test_the_explanation_reads_as_a_sentence() -> None:
    query = parse('(crue OR inond*) "montée des eaux" lang:fr place:91 -(pub OR promo)')
    assert explain(query, "fr") == (
        "La publication contient « crue » ou un mot commençant par « inond », contient "
        "l’expression « montée des eaux », est en français, cite un lieu du département 91, et "
        "ne contient ni « pub » ni « promo »."
    ).replace("« ", "«\u00a0").replace(" »", "\u00a0»")
    assert explain(query, "en") == (
        "The post contains “crue” or a word beginning with “inond”, contains the phrase “montée "
        "des eaux”, is in French, names a place in département 91, and contains neither “pub” nor "
        "“promo”."
    )
