"""CAP visited: feeds and chains of alerts, languages, areas, and what the standard forbids."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from tests.plugins.fakes import answer, run
from tests.plugins.servers.loopback import ports_of
from tests.plugins.servers.pages import Pages
from vigie.contracts.measures import MeasureDraft
from vigie.contracts.plugins import Batch, SourceError, Undecodable
from vigie.contracts.ports import HttpResponse
from vigie.plugins.sources.cap import CapConfig, CapSource
from vigie.plugins.sources.cap.alerts import read_xml

pytestmark = pytest.mark.pure
CONFIG = CapConfig(url="https://cap.exemple/feed")
DATA = Path(os.environ.get("VIGIE_EVALUATION_DATA", "../shared/data")) / "cap_alerts"


def alert(
    own: str, *, kind: str = "Alert", references: str = "", status: str = "Actual",
    sent: str = "2026-11-24T02:00:00+00:00", event: str = "Inondation", area: str = "Essonne",
    more: str = "", language: str = "fr-FR",
) -> str:  # fmt: skip
    said = f"<references>{references}</references>" if references else ""
    return (
        f'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{own}</identifier>'
        f"<sender>s@exemple.fr</sender><sent>{sent}</sent><status>{status}</status>"
        f"<msgType>{kind}</msgType><scope>Public</scope>{said}<info><language>{language}</language>"
        f"<category>Met</category><event>{event}</event><urgency>Immediate</urgency>"
        f"<severity>Severe</severity><certainty>Observed</certainty>"
        f"<expires>2026-11-24T12:00:00+00:00</expires>{more}"
        f"<area><areaDesc>{area}</areaDesc></area></info></alert>"
    )


def feed(*entries: tuple[str, str]) -> HttpResponse:
    rows = "".join(
        f"<entry><id>{name}</id><updated>{at}</updated>"
        f'<link type="application/cap+xml" href="/{name}.cap"/></entry>'
        for name, at in entries
    )
    return answer(f'<feed xmlns="http://www.w3.org/2005/Atom">{rows}</feed>')


def drafts(batches: list[Batch]) -> list[MeasureDraft]:
    found = [CapSource.decode(item, CONFIG) for batch in batches for item in batch.items]
    return [draft for draft in found if isinstance(draft, MeasureDraft)]


async def test_an_update_and_a_cancel_go_on_with_the_alert_they_speak_of() -> None:
    refs = "s@exemple.fr,{},2026-11-24T02:00:00+00:00"
    pages = Pages(
        {
            "/feed": feed(("c", "3"), ("b", "2"), ("a", "1")),
            "/a.cap": answer(alert("A")),
            "/b.cap": answer(
                alert(
                    "B",
                    kind="Update",
                    references=refs.format("A"),
                    sent="2026-11-24T02:30:00+00:00",
                )
            ),
            "/c.cap": answer(
                alert(
                    "C",
                    kind="Cancel",
                    references=refs.format("B"),
                    sent="2026-11-24T02:50:00+00:00",
                )
            ),
        }
    )
    batches = await run(CapSource(CONFIG, ports_of(pages)))
    found = drafts(batches)
    assert {each.indicator.key for each in found} == {"A:inondation"}
    assert [each.state for each in found] == ["active", "active", "ended"]
    again = await run(CapSource(CONFIG, ports_of(pages)), batches[-1].cursor)
    assert again[-1].unchanged
    assert len(pages.asked) == 5


async def test_an_alert_that_cannot_be_fetched_is_tried_again_and_stops_nothing() -> None:
    pages = Pages({"/feed": feed(("b", "2"), ("a", "1")), "/b.cap": answer(alert("B"))})
    batches = await run(CapSource(CONFIG, ports_of(pages)))
    assert [r.code for batch in batches for r in batch.refusals] == ["cap_failed"]
    assert len(drafts(batches)) == 1
    pages.routes["/a.cap"] = answer(alert("A"))
    again = await run(CapSource(CONFIG, ports_of(pages)), batches[-1].cursor)
    assert [each.indicator.key for each in drafts(again)] == ["A:inondation"]


async def test_only_the_areas_wanted_are_taken() -> None:
    config = msgspec.structs.replace(CONFIG, areas="Essonne\nFR999")
    for area, number in (
        ("Essonne", 1),
        ("Haute-Essonnerie", 0),
        ("Var", 0),
        ("Val d'Essonne nord", 1),
    ):
        pages = Pages({"/feed": answer(alert("A", area=area))})
        batches = await run(CapSource(config, ports_of(pages)))
        assert len(drafts(batches)) == number, area


async def test_an_exercise_is_never_taken_for_real_nor_the_real_for_an_exercise() -> None:
    for status, take, number in (
        ("Exercise", "actual", 0), ("Test", "actual", 0), ("Actual", "actual", 1),
        ("Exercise", "exercise", 1), ("Actual", "exercise", 0), ("Draft", "exercise", 0),
    ):  # fmt: skip
        config = msgspec.structs.replace(CONFIG, take=take)
        pages = Pages({"/feed": answer(alert("A", status=status))})
        batches = await run(CapSource(config, ports_of(pages)))
        assert len(drafts(batches)) == number, (status, take)


def awareness(level: str) -> str:
    return (
        f"<parameter><valueName>awareness_level</valueName><value>{level}</value></parameter>"
        "<parameter><valueName>awareness_type</valueName><value>12; Flooding</value></parameter>"
    )


async def test_a_colour_comes_from_meteoalarm_alone_and_its_warnings_of_a_day_are_one() -> None:
    pages = Pages({"/feed": answer(alert("A"))})
    assert drafts(await run(CapSource(CONFIG, ports_of(pages))))[0].level is None
    keys, levels = set(), []
    for own, said in (
        ("A", "2; yellow; Moderate"),
        ("B", "3; orange; Severe"),
        ("C", "7; pink; x"),
    ):
        pages = Pages({"/feed": answer(alert(own, more=awareness(said)))})
        (draft,) = drafts(await run(CapSource(CONFIG, ports_of(pages))))
        keys.add(draft.indicator.key)
        levels.append(draft.level)
    assert len(keys) == 1
    assert levels == [2, 3, None]


async def test_all_clear_ends_a_warning() -> None:
    pages = Pages({"/feed": answer(alert("A", more="<responseType>AllClear</responseType>"))})
    assert drafts(await run(CapSource(CONFIG, ports_of(pages))))[0].state == "ended"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (alert("A").replace("<scope>Public</scope>", ""), "cap_incomplete"),
        (alert("A").replace("Severe", "Terrible"), "cap_wrong_value"),
        (alert("A", kind="Update"), "cap_incomplete"),
        (alert("A", sent="hier"), "bad_date"),
        (alert("A").replace("<areaDesc>Essonne</areaDesc>", "<areaDesc/>"), "cap_incomplete"),
        ("<html/>", "not_an_alert"),
        ("<alert", "bad_xml"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + alert("A"), "bad_xml"),
    ],
)
def test_what_the_standard_forbids_is_refused_with_its_reason(wrong: str, code: str) -> None:
    with pytest.raises(Undecodable) as raised:
        read_xml(wrong.encode())
    assert raised.value.code == code


OTHERS: dict[str, str] = {
    "invalid.cap": "cap_incomplete", "canada_errors.cap": "cap_incomplete",
    "noaa_errors.cap": "cap_incomplete", "xee.cap": "bad_xml", "xee.atom": "bad_xml",
}  # fmt: skip
FINE = [
    "australia.cap", "canada.cap", "canada_signed.cap", "earthquake.cap", "earthquake_signed.cap",
    "earthquake-iso8859-1.cap", "no_optional_fields.cap", "wcatwc-warning.cap", "weather.cap",
    "bushfire_valid.edxlde",
]  # fmt: skip


@pytest.mark.skipif(not DATA.exists(), reason="VIGIE_EVALUATION_DATA is absent")
def test_files_of_other_services_are_read_or_refused_for_the_right_reason() -> None:
    folder = DATA / "google_cap_testdata"
    for name in FINE:
        assert read_xml((folder / name).read_bytes()).identifier, name
    for name, code in OTHERS.items():
        with pytest.raises(Undecodable) as raised:
            read_xml((folder / name).read_bytes())
        assert raised.value.code.startswith(code), name


@pytest.mark.skipif(not DATA.exists(), reason="VIGIE_EVALUATION_DATA is absent")
async def test_indexes_of_other_services_name_their_alerts_or_are_refused() -> None:
    folder = DATA / "google_cap_testdata"
    for name in (
        "weather_index.atom",
        "ny_index.rss",
        "earthquake_index.atom",
        "empty_weather_index.atom",
        "no_entries.atom",
        "no_link.atom",
        "invalid.rss",
    ):
        pages = Pages({"/feed": answer((folder / name).read_bytes())})
        batches = await run(CapSource(CONFIG, ports_of(pages)))
        assert drafts(batches) == [], name
    with pytest.raises(SourceError):
        await run(
            CapSource(
                CONFIG, ports_of(Pages({"/feed": answer((folder / "xee.atom").read_bytes())}))
            )
        )


INLINE = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:cap="urn:oasis:names:tc:emergency:cap:1.2">
<entry><id>1</id><updated>2026-11-24T02:00:00Z</updated><cap:areaDesc>Essonne</cap:areaDesc>
<cap:event>Vigilance orange crues</cap:event><cap:sent>2026-11-24T02:00:00+00:00</cap:sent>
<cap:expires>2026-11-24T23:00:00+00:00</cap:expires><cap:severity>Severe</cap:severity>
<cap:status>Actual</cap:status><cap:message_type>Alert</cap:message_type>
<cap:identifier>2.49.0.0.250.0.FR.x</cap:identifier>{link}<title>Vigilance orange crues</title></entry></feed>"""


@pytest.mark.parametrize("link", ["", '<link type="application/cap+xml" href="/gone.cap"/>'])
async def test_what_a_feed_says_itself_stands_in_for_an_alert_that_is_not_given(link: str) -> None:
    pages = Pages({"/feed": answer(INLINE.format(link=link))})
    batches = await run(CapSource(CONFIG, ports_of(pages)))
    (draft,) = drafts(batches)
    assert draft.indicator.key == "2.49.0.0.250.0.FR.x:vigilance-orange-crues"
    assert (draft.state, draft.level) == ("active", None)
    again = await run(CapSource(CONFIG, ports_of(pages)), batches[-1].cursor)
    assert again[-1].unchanged
