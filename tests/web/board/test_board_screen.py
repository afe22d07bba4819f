"""The board as a page and as fragments: who may see it, what stands on it, one address for both."""

from __future__ import annotations

import html
import re

import pytest

from tests import factories
from vigie.collection.models import Media, Post
from vigie.triage.actions import holds
from vigie.triage.models import Annotation, Incident, IncidentPost
from vigie.web.board import marking

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def base(cast):
    return f"/o/{cast.operation.slug}/board/"


@pytest.fixture
def as_volunteer(client, cast):
    client.force_login(cast.volunteer)
    return client


def text_of(answer):
    return html.unescape(answer.content.decode())


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("volunteer", 200), ("coordinator", 200), ("verifier", 200), ("mapper", 200),
        ("communicator", 200), ("observer", 200), ("partner", 403), ("outsider", 404),
        ("administrator", 404), ("data_protection_officer", 404),
    ],
)  # fmt: skip
def test_who_may_see_the_board(client, cast, base, now, who, status):
    lead = factories.lead(cast.operation, now=now)
    client.force_login(getattr(cast, who))
    for path in (
        "",
        f"lead/{lead.pk}/",
        "column/todo/",
        "column/todo/news/?mark=0",
        "lines/?ids=1",
    ):
        assert client.get(base + path).status_code == status, path


def test_a_citizen_is_asked_to_sign_in(client, base):
    assert client.get(base).status_code == 302
    assert client.get(base, **HTMX).status_code == 401


def test_an_observer_reads_and_finds_no_gesture(client, cast, base, now):
    lead = factories.lead(cast.operation, now=now)
    client.force_login(cast.observer)
    page = text_of(client.get(f"{base}lead/{lead.pk}/"))
    assert "La crue monte à Orsay" in page
    for trace in ("data-do=", "/do/", "data-may-triage", 'class="pick"', "palette-category"):
        assert trace not in page
    assert client.post(f"{base}do/keep/", {"lead": f"{lead.pk}:1"}).status_code == 403


def test_the_fragment_of_a_post_is_what_the_page_shows_beside_the_board(
    as_volunteer, cast, base, now
):
    lead = factories.lead(cast.operation, now=now)
    url = f"{base}lead/{lead.pk}/"
    page, fragment = as_volunteer.get(url), as_volunteer.get(url, **HTMX)
    assert page["Vary"] == fragment["Vary"]
    assert "HX-Request" in page["Vary"]

    def without_tokens(text):
        return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)

    inside = re.search(r'<aside id="detail"[^>]*>(.*?)</aside>', page.content.decode(), re.S)
    assert inside
    assert without_tokens(inside[1]).strip() == without_tokens(fragment.content.decode()).strip()


def test_the_fragment_of_a_column_is_what_the_page_shows_in_it(as_volunteer, cast, base, now):
    for _ in range(3):
        factories.lead(cast.operation, now=now)
    page = as_volunteer.get(base).content.decode()
    fragment = as_volunteer.get(f"{base}column/todo/", **HTMX).content.decode()
    inside = re.search(r'data-lines="todo">(.*?)</div>\s*</section>', page, re.S)
    assert inside
    assert inside[1].strip() == fragment.strip()


def test_the_author_is_hidden_until_asked_and_asking_is_journaled(as_volunteer, cast, base, now):
    lead = factories.lead(cast.operation, now=now)
    handle = lead.post.author.handle
    for path in ("", f"lead/{lead.pk}/", "column/todo/"):
        assert handle not in text_of(as_volunteer.get(base + path))
    answer = as_volunteer.post(f"{base}lead/{lead.pk}/author/", **HTMX)
    assert handle in text_of(answer)
    from vigie.journal.models import Entry

    assert Entry.objects.get(chain=cast.operation.pk).verb == "lead.author_revealed"


def test_a_text_is_escaped_and_the_words_that_weighed_are_underlined(as_volunteer, cast, base, now):
    text = "<script>alert(1)</script> coincés & seuls"
    lead = factories.lead(cast.operation, text, now=now, urgency=4)
    because = [{"text": "coincés", "start": 26, "end": 33, "rule": "r", "weight": 2}]
    Annotation.objects.create(
        lead=lead, kind="urgency", value={"because": because}, model="m@1", at=now
    )  # fmt: skip
    for path in ("", f"lead/{lead.pk}/"):
        page = as_volunteer.get(base + path).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; <mark>coincés</mark> &amp; seuls" in page


@pytest.mark.parametrize(
    "because",
    [
        [(0, 5), (3, 9)], [(8, 3)], [(-4, 2)], [(5, 5000)], [(900, 950)], [],
    ],
)  # fmt: skip
def test_strange_offsets_never_lose_or_repeat_text(because):
    from vigie.contracts.findings import Reason

    text = "<b>eau</b> " * 60
    reasons = [Reason(text="", start=a, end=b, rule="", weight=1.0) for a, b in because]
    for written, whole in (
        (marking.marked(text, reasons), True), (marking.excerpt(text, reasons), False),
    ):  # fmt: skip
        plain = html.unescape(re.sub(r"</?mark>", "", written))
        assert (plain == text) if whole else plain.strip("…") in text


def test_a_long_text_is_cut_around_the_first_word_that_weighed():
    from vigie.contracts.findings import Reason

    text = "blabla " * 200 + "coincés au sous-sol"
    start = text.index("coincés")
    cut = marking.excerpt(text, [Reason(text="", start=start, end=start + 7, rule="", weight=1)])
    assert "<mark>coincés</mark>" in cut
    assert cut.startswith("…")


def test_a_taken_post_shows_who_has_it(as_volunteer, cast, base, now):
    from vigie.kernel.clock import utc_now

    lead = factories.lead(cast.operation, now=now)
    other = factories.desk(cast.verifier, cast.operation)
    holds.take(leads={lead.pk: None}, by=other, now=utc_now())
    assert other.user.display in text_of(as_volunteer.get(f"{base}lines/?ids={lead.pk}", **HTMX))
    assert f"{other.user.display} l’a en main" in text_of(
        as_volunteer.get(f"{base}lead/{lead.pk}/")
    )


def test_a_deleted_post_says_so_and_has_no_text(as_volunteer, cast, base, now):
    lead = factories.lead(cast.operation, "", now=now, post={"deleted_at": now, "author": None})
    assert "Supprimée par son auteur" in text_of(as_volunteer.get(f"{base}lead/{lead.pk}/"))


def test_older_posts_follow_through_a_link(as_volunteer, cast, base, now):
    for _ in range(35):
        factories.lead(cast.operation, now=now)
    page = as_volunteer.get(f"{base}column/todo/").content.decode()
    older = re.search(r'hx-get="([^"]+after[^"]+)"', page)
    assert older
    rest = as_volunteer.get(html.unescape(older[1]), **HTMX).content.decode()
    assert rest.count("<article") == 5


def test_a_search_is_a_column_explained_in_words(as_volunteer, cast, base, now):
    factories.lead(cast.operation, now=now, post={"tokens": "cru mont orsay"})
    factories.lead(cast.operation, "Rien", now=now)
    page = text_of(as_volunteer.get(base, {"q": "crue -yvette", "urgency": "0"}))
    assert "contient « crue »" in page.replace("\xa0", " ")
    search = re.search(r'id="column-search".*?</section>', page, re.S)
    assert search
    assert search[0].count("<article") == 1


def test_a_query_that_cannot_be_read_says_where(as_volunteer, base):
    page = text_of(as_volunteer.get(base, {"q": '(crue "orge)'}))
    assert "Un guillemet s’ouvre ici" in page
    assert '<p class="query-error">(crue <mark>"orge)</mark></p>' in page


def test_news_tells_how_many_wait(as_volunteer, cast, base, now):
    lead = factories.lead(cast.operation, now=now)
    for _ in range(2):
        factories.lead(cast.operation, now=now)
    assert "2 nouvelles" in text_of(
        as_volunteer.get(f"{base}column/todo/news/", {"mark": lead.pk}, **HTMX)
    )


@pytest.mark.parametrize(
    "path",
    [
        "lead/999999/", "column/c99/", "column/todo/?after=x", "column/todo/news/?mark=x",
        "lines/?ids=x", "media/1/",
    ],
)  # fmt: skip
def test_an_address_that_means_nothing_is_not_found(as_volunteer, base, path):
    assert as_volunteer.get(base + path).status_code == 404


def test_a_get_writes_nothing(as_volunteer, cast, base, now):
    lead = factories.lead(cast.operation, now=now)
    from vigie.journal.models import Entry
    from vigie.triage.models import Column

    for path in ("", f"lead/{lead.pk}/", "column/todo/"):
        as_volunteer.get(base + path)
    assert not Column.objects.exists()
    assert not Entry.objects.exists()


def test_a_post_names_the_incidents_it_backs(as_volunteer, cast, base, now):
    lead = factories.lead(cast.operation, now=now)
    incident = Incident.objects.create(
        operation=cast.operation, number=7, title="x", category="", created_at=now, updated_at=now
    )
    IncidentPost.objects.create(incident=incident, lead=lead, at=now)
    assert "signalement 7" in text_of(as_volunteer.get(f"{base}lines/?ids={lead.pk}"))


def test_the_board_costs_the_same_number_of_queries_however_long(
    as_volunteer, cast, base, now, django_assert_max_num_queries
):
    watch = factories.watch(cast.operation, now=now)
    for n in range(25):
        factories.lead(cast.operation, now=now, urgency=n % 5, watches=(watch,))
    as_volunteer.get(base)
    with django_assert_max_num_queries(40):
        as_volunteer.get(base)


# -- media ----------------------------------------------------------------------------------------


@pytest.fixture
def picture(cast, now, settings, tmp_path):
    settings.VIGIE_BLOBS = tmp_path
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "cd.webp").write_bytes(b"RIFF....WEBP")
    lead = factories.lead(cast.operation, now=now, post={"has_media": True, "graphic": True})
    return Media.objects.create(post=lead.post, type="image", state="fetched", blob="ab/cd.webp")


def test_a_kept_picture_is_private_and_cached_by_the_browser_alone(as_volunteer, base, picture):
    answer = as_volunteer.get(f"{base}media/{picture.pk}/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert answer["Cache-Control"].startswith("private")
    assert answer.content == b"RIFF....WEBP"


def test_a_graphic_picture_is_veiled_until_asked(as_volunteer, base, picture):
    lead = picture.post.leads.get()
    page = text_of(as_volunteer.get(f"{base}lead/{lead.pk}/"))
    assert 'class="veiled" data-vigie-veil' in page


@pytest.mark.parametrize("blob", ["../secret", "/etc/passwd", "", "absent.webp"])
def test_a_path_out_of_the_store_is_not_found(as_volunteer, base, picture, blob, tmp_path):
    (tmp_path.parent / "secret").write_text("x")
    Media.objects.filter(pk=picture.pk).update(blob=blob)
    assert as_volunteer.get(f"{base}media/{picture.pk}/").status_code == 404


def test_a_picture_of_another_operation_is_not_found(client, cast, picture):
    client.force_login(cast.outsider)
    url = f"/o/{cast.other_operation.slug}/board/media/{picture.pk}/"
    assert client.get(url).status_code == 404
    assert Post.objects.filter(pk=picture.post_id).exists()
