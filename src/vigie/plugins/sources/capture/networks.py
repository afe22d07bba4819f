"""What the address of a publication tells: its network, its author, and the address without tracking."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

_HOSTS = {
    "facebook.com": "facebook", "fb.com": "facebook", "fb.watch": "facebook",
    "instagram.com": "instagram", "threads.net": "threads", "threads.com": "threads",
    "x.com": "x", "twitter.com": "x", "t.co": "x", "tiktok.com": "tiktok",
    "bsky.app": "bluesky", "youtube.com": "youtube", "youtu.be": "youtube",
    "t.me": "telegram", "telegram.me": "telegram", "wa.me": "whatsapp",
    "whatsapp.com": "whatsapp", "snapchat.com": "snapchat", "reddit.com": "reddit",
    "redd.it": "reddit", "linkedin.com": "linkedin", "lnkd.in": "linkedin",
    "nextdoor.fr": "nextdoor", "nextdoor.com": "nextdoor", "waze.com": "waze",
    "twitch.tv": "twitch", "discord.com": "discord", "discord.gg": "discord",
    "flickr.com": "flickr", "dailymotion.com": "dailymotion",
}  # fmt: skip
_FRONT = re.compile(r"^(?:www|m|mobile|web|l|lm|old|vm|fr-fr|fr|mbasic|touch)\.")
_TRACKING = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|igshid|igsh|mibextid|ref_src|ref_url|s|t|si|share_id|sfnsn|__cft__.*|"
    r"__tn__|feature|_r|_t|is_from_webapp|sender_device|web_id|rdid|share_url)$"
)
_HANDLES = {
    "x": re.compile(r"^/([A-Za-z0-9_]{1,15})/status/\d+"),
    "bluesky": re.compile(r"^/profile/([^/]+)/post/"),
    "tiktok": re.compile(r"^/@([\w.]+)/"),
    "threads": re.compile(r"^/@([\w.]+)/post/"),
    "mastodon": re.compile(r"^/@([\w.]+(?:@[\w.-]+)?)/\d+"),
    "telegram": re.compile(r"^/(?:s/)?([A-Za-z]\w{3,})/\d+"),
    "reddit": re.compile(r"^/user/([\w-]+)/"),
}
_MASTODON = re.compile(r"^/(?:@[\w.]+(?:@[\w.-]+)?/\d+|users/[\w.]+/statuses/\d+)/?$")


def network_of(address: str) -> str:
    """The network's name, "mastodon" for any server whose paths look so, "web" for other pages."""
    parts = _split(address)
    if parts is None or not parts.hostname:
        return ""
    host = _FRONT.sub("", parts.hostname.lower())
    while host:
        if host in _HOSTS:
            return _HOSTS[host]
        _, dot, parent = host.partition(".")
        host = parent if dot and "." in parent else ""
    return "mastodon" if _MASTODON.match(parts.path) else "web"


def handle_of(address: str) -> str:
    """The author's handle when the address holds it, "" otherwise."""
    pattern = _HANDLES.get(network_of(address))
    parts = _split(address)
    found = pattern.match(parts.path) if pattern and parts else None
    return found[1] if found else ""


def canonical(address: str) -> str:
    """The same publication, the same address: no tracking, no fragment, one front of the site."""
    parts = _split(address)
    if parts is None or not parts.hostname:
        return address.strip()
    host = re.sub(r"^(?:www|m|mobile|mbasic|touch)\.", "", parts.hostname.lower())
    on_network = network_of(address) not in ("web", "youtube", "mastodon")
    query = [
        (key, value)
        for key, value in parse_qsl(parts.query, keep_blank_values=True)
        if not (
            _TRACKING.match(key) if on_network else re.match(r"utm_\w+$|fbclid$|gclid$|si$", key)
        )
    ]
    path = parts.path.rstrip("/")
    return f"https://{host}{path}" + (f"?{urlencode(query)}" if query else "")


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address.strip())
    except ValueError:
        return None
