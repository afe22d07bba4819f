"""The key that seals what a person has not sent yet, while others use their device.

It is derived from the installation's key and never stored here. A browser holds it as a key it
cannot read out, and forgets it when somebody else opens the map or the person signs out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from django.conf import settings

from vigie.accounts.models import User


def key_for(user: User) -> str:
    """256 bits, base64; the same for the same person as long as the installation keeps its key."""
    master = hashlib.sha256(b"vigie device seals\n" + settings.SECRET_KEY.encode()).digest()
    return base64.b64encode(hmac.digest(master, str(user.pk).encode(), "sha256")).decode()
