"""What sources of official measures report, in people's words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

Words = dict[str, tuple[Promise, Promise | str]]

_OTHERS_GO_ON = gettext_lazy("The others go on. Vigie tries again by itself.")

REFUSALS: Words = {
    "no_station": (gettext_lazy("A measure of no station"), ""),
    "no_value": (gettext_lazy("A measure without a value"), ""),
    "unknown_quantity": (gettext_lazy("Neither a level nor a flow"), ""),
    "not_a_measure": (gettext_lazy("Not a measure"), ""),
    "bad_measure": (gettext_lazy("A measure that cannot be read"), ""),
    "empty_measure": (gettext_lazy("A measure that says nothing"), ""),
    "implausible_value": (gettext_lazy("A value that no river has"), ""),
    "unknown_colour": (
        gettext_lazy("A colour that does not exist"),
        gettext_lazy("It is not taken for green."),
    ),
    "unknown_indicator": (
        gettext_lazy("A measure of something not described yet"),
        gettext_lazy("Have it read again once its description has come."),
    ),
    "station_failed": (gettext_lazy("One of the stations fails"), _OTHERS_GO_ON),
    "stations_failed": (
        gettext_lazy("The names of the stations did not come"),
        gettext_lazy("Their measures are there under their codes."),
    ),
    "reach_failed": (gettext_lazy("One of the reaches fails"), _OTHERS_GO_ON),
    "commune_failed": (gettext_lazy("One of the communes fails"), _OTHERS_GO_ON),
    "texts_failed": (
        gettext_lazy("The texts of the bulletins did not come"),
        gettext_lazy("The colours are there without them."),
    ),
    "unknown_domain": (
        gettext_lazy("A département that the map does not speak of"),
        gettext_lazy("Check its number."),
    ),
    "cap_failed": (gettext_lazy("One of the warnings could not be fetched"), _OTHERS_GO_ON),
    "cap_incomplete": (
        gettext_lazy("A warning without what the standard requires"),
        gettext_lazy("Tell its issuer; read it at the source meanwhile."),
    ),
    "cap_wrong_value": (
        gettext_lazy("A warning with a value that the standard does not know"),
        gettext_lazy("Tell its issuer; read it at the source meanwhile."),
    ),
    "cap_signature_invalid": (
        gettext_lazy("A warning whose signature is false"),
        gettext_lazy(
            "It is not what its sender signed, and was not taken. Read it at the source, and tell its issuer."
        ),
    ),
    "not_an_alert": (gettext_lazy("Not a warning"), ""),
    "bad_xml": (
        gettext_lazy("XML that cannot be read"),
        gettext_lazy("It is broken, or declares entities, which are refused."),
    ),
}

FAILURES: Words = {
    "no_stations": (
        gettext_lazy("No station in service has these codes or lies in these départements."),
        gettext_lazy("Check them; codes of the Seine basin begin with F now."),
    ),
    "no_reach": (
        gettext_lazy("No reach of this territory passes through the box."),
        gettext_lazy("Empty the box or the territory, test, then narrow it."),
    ),
    "nothing_published": (
        gettext_lazy("The map of colours is empty."),
        gettext_lazy("That is no calm. Look at vigicrues.gouv.fr until it comes back."),
    ),
    "unknown_domain": (
        gettext_lazy("The map of vigilance does not speak of this département."),
        gettext_lazy("Check its number."),
    ),
    "source_not_cap": (
        gettext_lazy("At this address there are neither warnings (CAP) nor a feed of them."),
        gettext_lazy("Check the address."),
    ),
    "source_not_datex": (
        gettext_lazy("The answer is no DATEX II publication of road events."),
        gettext_lazy("Check the address."),
    ),
}
