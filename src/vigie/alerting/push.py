"""What a browser needs to subscribe to this installation."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from vigie.alerting import sealing


def public_key() -> str:
    """The public half of our signing key, as `PushManager.subscribe` takes it."""
    private = ec.derive_private_key(int.from_bytes(sealing.signing_key(), "big"), ec.SECP256R1())
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
