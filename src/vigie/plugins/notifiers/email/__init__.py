"""E-mail: to people of the team by their role, and to addresses written down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from vigie.contracts.notifiers import MAIL, Notice, NotifierPlugin
from vigie.contracts.plugins import NOTIFIER, Manifest
from vigie.plugins.kit.settings import setting

MOST: Final = 50
_ADDRESS: Final = re.compile(
    r"[^@\s<>,;\"()]+@[^@\s<>,;\"()]+\.[A-Za-z0-9-]{2,}|[^@\s<>,;\"()]+@localhost"
)


class EmailConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`to`: further addresses, one a line or parted by commas."""

    to: Annotated[
        str,
        setting(
            "Autres adresses",
            "Other addresses",
            help=(
                "En plus des personnes choisies ci-dessous : une adresse par ligne.",
                "Besides the people chosen below: one address a line.",
            ),
            input="textarea",
            max_length=4_000,
        ),
    ] = ""


class EmailNotifier(NotifierPlugin):
    manifest = Manifest(
        kind=NOTIFIER,
        name="email",
        label={"fr": "Courriel", "en": "E-mail"},
        help={
            "fr": "Aux personnes de l’équipe selon leur rôle, et à d’autres adresses.",
            "en": "To people of the team by their role, and to other addresses.",
        },
        version="1",
        config=EmailConfig,
        needs=("mail",),
        gives=("messages",),
    )
    reach = MAIL
    config: EmailConfig

    @classmethod
    def problem(cls, config: msgspec.Struct) -> str:
        written = cls.addresses(config)
        if len(written) > MOST:
            return "notifier_too_many"
        return "" if all(_ADDRESS.fullmatch(each) for each in written) else "notifier_mail_address"

    @classmethod
    def shown(cls, config: msgspec.Struct) -> str:
        written = cls.addresses(config)
        return ", ".join(written[:3]) + (f" + {len(written) - 3}" if len(written) > 3 else "")

    @classmethod
    def addresses(cls, config: msgspec.Struct) -> tuple[str, ...]:
        assert isinstance(config, EmailConfig)
        return tuple(dict.fromkeys(filter(None, re.split(r"[\s,;]+", config.to))))

    async def send(self, notice: Notice, to: Mapping[str, str]) -> None:
        await self.ports.mail.send(notice, to=to["to"])
