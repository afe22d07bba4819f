"""The mail port: one message to one person through the mail server of the installation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from smtplib import (
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.message import BadHeaderError

from vigie.contracts.jobs import GiveUp, InThread, NotYet
from vigie.contracts.notifiers import Notice

TIMEOUT_S: Final = 20
LASTING: Final = 500
"""SMTP replies from here on mean never (RFC 5321 §4.2.1)."""


def is_set_up() -> bool:
    """Whether a mail server is named; without one messages are written into the data folder."""
    return not str(settings.EMAIL_BACKEND).endswith("filebased.EmailBackend")


@dataclass(frozen=True, kw_only=True)
class SettingsMail:
    """The `Mail` port over Django's settings."""

    apart: InThread

    async def send(self, notice: Notice, *, to: str) -> None:
        await self.apart(_send, notice, to)


def _send(notice: Notice, to: str) -> None:
    sender = str(settings.DEFAULT_FROM_EMAIL)
    domain = sender.rpartition("@")[2].strip(">") or "vigie"
    first = f"<{_digest(notice.thread)}.thread@{domain}>"
    message = EmailMessage(
        subject=" ".join(notice.title.split()),
        body=f"{notice.body}\n\n{notice.url}".strip() + "\n",
        from_email=sender,
        to=[to],
        headers={
            # The same at every attempt: a mailbox that has it already need not show it twice.
            "Message-ID": f"<{_digest(notice.key)}.alert@{domain}>",
            "References": first,
            "In-Reply-To": first,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            **({"Importance": "high", "X-Priority": "1"} if notice.urgent else {}),
        },
        connection=get_connection(timeout=TIMEOUT_S),
    )
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if codes and min(codes) >= LASTING:
            raise GiveUp("mail_address_refused", f"SMTP {codes[0]}") from error
        raise NotYet("mail_refused", f"SMTP {codes[0] if codes else '?'}") from error
    except SMTPResponseException as error:
        if error.smtp_code >= LASTING:
            raise GiveUp("mail_refused", f"SMTP {error.smtp_code}") from error
        raise NotYet("mail_refused", f"SMTP {error.smtp_code}") from error
    except (SMTPException, OSError) as error:
        raise NotYet("mail_unreachable", type(error).__name__) from error
    except (BadHeaderError, UnicodeError) as error:
        raise GiveUp("mail_address_refused") from error


def _digest(text: str) -> str:
    secret = f"{settings.SECRET_KEY}:{text}".encode()
    return hashlib.sha256(secret).hexdigest()[:32]
