"""What the networks' plugins and the imports of their exports report, in people's words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

Words = dict[str, tuple[Promise, Promise | str]]

REFUSALS: Words = {
    "stream_hole": (
        gettext_lazy("A stretch of the stream is missing"),
        gettext_lazy("The server no longer had it. Look for those hours another way."),
    ),
    "stream_refused": (
        gettext_lazy("The server does not stream to us"),
        gettext_lazy("It is visited instead; posts arrive a little later. Check the token."),
    ),
    "instance_failed": (
        gettext_lazy("One of the servers fails"),
        gettext_lazy("The others go on. Vigie tries it again by itself."),
    ),
    "channel_failed": (
        gettext_lazy("One of the channels fails"),
        gettext_lazy("The others go on. Check its name."),
    ),
    "answer_cut": (
        gettext_lazy("There was more than one visit reads"),
        gettext_lazy("Narrow the words looked for, or visit more often."),
    ),
    "bad_frame": (gettext_lazy("A piece of the stream cannot be read"), ""),
    "not_a_post": (gettext_lazy("Not a post"), gettext_lazy("It is about something else.")),
    "not_public": (
        gettext_lazy("Not for everybody"),
        gettext_lazy("Vigie takes public posts only."),
    ),
    "not_html": (gettext_lazy("Not a message of a page"), ""),
    "unknown_platform": (
        gettext_lazy("From a platform that Vigie cannot read"),
        gettext_lazy("Export it as CSV and import that file."),
    ),
    "bad_mail": (
        gettext_lazy("Mail that cannot be read"),
        gettext_lazy("Its headers break the rules."),
    ),
    "zip_broken": (
        gettext_lazy("A file of the archive is damaged or cut"),
        gettext_lazy("The others are imported. Download or export the archive again."),
    ),
    "zip_bomb": (
        gettext_lazy("A file of the archive would swell beyond all measure"),
        gettext_lazy("It was not opened."),
    ),
    "not_a_picture": (
        gettext_lazy("Not a picture that can be shown"),
        gettext_lazy("PNG, JPEG, WebP or GIF, up to 30 MB."),
    ),
    "quota_spent": (
        gettext_lazy("The day’s allowance is used up"),
        gettext_lazy("The rest waits for tomorrow."),
    ),
}

FAILURES: Words = {
    "quota_spent": (
        gettext_lazy("The day’s allowance is used up."),
        gettext_lazy("Vigie goes on when it is granted anew."),
    ),
    "mastodon_timeline_disabled": (
        gettext_lazy("This server has closed this timeline to everybody."),
        gettext_lazy("Follow the hashtag on another server."),
    ),
    "mastodon_stream_refused": (
        gettext_lazy("The server does not stream to us."),
        gettext_lazy("Check the token, or turn live reading off."),
    ),
    "telegram_no_preview": (
        gettext_lazy("This channel shows no page to everybody."),
        gettext_lazy(
            "It is private, renamed, gone, or its owner closed the page. Capture by hand."
        ),
    ),
    "telegram_page_changed": (
        gettext_lazy("Telegram’s pages are built otherwise now."),
        gettext_lazy("Tell whoever maintains Vigie; capture by hand meanwhile."),
    ),
    "gdelt_bad_query": (
        gettext_lazy("GDELT does not understand the words looked for."),
        gettext_lazy("Correct them; what GDELT says is given below."),
    ),
    "file_too_large": (
        gettext_lazy("The file is too large."),
        gettext_lazy("Export a shorter period."),
    ),
    "zip_bomb": (
        gettext_lazy("This archive would swell beyond all measure."),
        gettext_lazy("It was not opened. If it is honest, cut it into parts."),
    ),
    "zip_broken": (
        gettext_lazy("This archive is damaged."),
        gettext_lazy("Download or export it again."),
    ),
    "zip_encrypted": (
        gettext_lazy("This archive has a password."),
        gettext_lazy("Make one without."),
    ),
    "screenshots_without_pictures": (
        gettext_lazy("There is no picture in this archive."),
        gettext_lazy("PNG, JPEG, WebP or GIF."),
    ),
    "whatsapp_without_chat": (
        gettext_lazy("There is no WhatsApp chat in this file."),
        gettext_lazy("In the chat: More, Export chat."),
    ),
    "telegram_without_result": (
        gettext_lazy("There is no result.json in this archive."),
        gettext_lazy("In Telegram Desktop: Export chat history, format JSON."),
    ),
    "x_archive_without_tweets": (
        gettext_lazy("There is no tweets.js in this archive."),
        gettext_lazy("Import the whole archive that X sends, or its tweets.js."),
    ),
}
