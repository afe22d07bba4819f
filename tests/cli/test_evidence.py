"""`vigie doctor` names what is altered on the disk; `vigie export evidence` hands a claim out whole."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from tests.cli.running import vigie

SEED = """
from datetime import UTC, datetime
from vigie.accounts.models import User
from vigie.accounts.roles import Role
from vigie.operations.access import desk_for
from vigie.operations.models import Membership, Operation
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.evidence import Piece, add
from vigie.verification.handed import take_in
now = datetime.now(UTC)
user = User.objects.create_user(email="a@exemple.fr", password="x", name="A")
made = Operation.objects.create(slug="crue", title="Crue", kind="flood", phase="active",
    languages=["fr"], created_at=now)
Membership.objects.create(operation=made, user=user, role="verifier", since=now)
by = desk_for(user, "crue")
claim = open_claim(wording="Le pont est coupé", by=by, now=now)
for n in (1, 2):
    handed = take_in([f"fait {n}".encode()], name=f"fait{n}.txt")
    add(claim=claim, piece=Piece(kind="file", title=f"Fait {n}", handed=handed), by=by, now=now)
print(handed.blob)
"""


def test_what_is_altered_on_the_disk_is_named_and_the_rest_is_handed_out(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert vigie("django-admin", "migrate", "-v0", home=home).returncode == 0
    made = vigie("django-admin", "shell", "-v0", "-c", SEED, home=home)
    assert made.returncode == 0, made.stderr.decode()
    blob = made.stdout.decode().strip().splitlines()[-1]

    def findings() -> list[dict[str, object]]:
        done = vigie("doctor", "--json", home=home)
        told = [each for each in json.loads(done.stdout)["findings"] if each["check"] == "evidence"]
        assert (done.returncode == 1) == any(each["level"] == "failed" for each in told)
        return told

    (sound,) = findings()
    assert sound["level"] == "ok"
    package = tmp_path / "claim.wacz"
    asked = ("export", "evidence", "-o", "crue", "--claim", "1", "-f", str(package))
    assert vigie(*asked, home=home).returncode == 0
    (home / "blobs" / blob).write_bytes(b"une fable")
    altered, _ = findings()
    assert (altered["level"], altered["data"]["code"]) == ("failed", "altered")  # type: ignore[index]
    assert blob in str(altered["words"])
    assert "claim 1" in str(altered["words"])
    done = vigie(*asked, home=home)
    assert done.returncode == 1
    assert blob in done.stderr.decode()
    with zipfile.ZipFile(package) as opened:
        manifest = json.loads(opened.read("custody/manifest.json"))
    assert [piece["file"]["intact"] for piece in manifest["evidence"]] == [True, False]
    assert vigie("export", "evidence", "-o", "crue", home=home).returncode == 2
    assert vigie("export", "evidence", "-o", "crue", "--claim", "9", home=home).returncode == 1
