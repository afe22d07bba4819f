"""What went wrong with a delivery or a channel, in words, by its stable code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_WORDS: Final[Mapping[str, Promise]] = {
    "notifier_address": gettext_lazy(
        "This is no address Apprise can read. It begins with the service, for example mmosts://."
    ),
    "notifier_local": gettext_lazy(
        "This service would notify the server itself, where nobody looks. Choose another one."
    ),
    "notifier_mail_address": gettext_lazy("One of the addresses is no e-mail address."),
    "notifier_too_many": gettext_lazy("More than fifty addresses: use a mailing list."),
    "notifier_refused": gettext_lazy(
        "The service refused the message: its key or its address is no longer right."
    ),
    "notifier_busy": gettext_lazy("The service is busy or in trouble; it is tried again."),
    "notifier_unreachable": gettext_lazy("The service does not answer; it is tried again."),
    "notifier_failed": gettext_lazy("The notifier failed: this is a fault of the software."),
    "mail_address_refused": gettext_lazy("The mail server knows no such address."),
    "mail_refused": gettext_lazy("The mail server refused the message."),
    "mail_unreachable": gettext_lazy("The mail server does not answer; it is tried again."),
    "address_forbidden": gettext_lazy(
        "The address is inside a private network. An administrator can allow it (VIGIE_ALLOW_PRIVATE)."
    ),
    "destination_gone": gettext_lazy("There is nobody at this address any more."),
    "sealed_unreadable": gettext_lazy(
        "Its secret cannot be read any more: the installation’s key changed. Write it anew."
    ),
    "plugin_missing": gettext_lazy("This kind of channel is not installed any more."),
    "config_invalid": gettext_lazy("Its settings are not complete. Write them anew."),
    "too_slow": gettext_lazy("It took too long; it is tried again."),
    "unreachable": gettext_lazy("The service does not answer; it is tried again."),
    "not_http": gettext_lazy("What answered does not speak the web’s language."),
    "too_large": gettext_lazy("What answered said far too much."),
}


def explained(code: str) -> str:
    """What a code means for a person; the code itself when nobody wrote words for it."""
    words = _WORDS.get(code)
    return str(words) if words is not None else _("Reason: %(code)s") % {"code": code}
