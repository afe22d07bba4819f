"""Built-in plugins, by dotted path of their class. Adding one adds one line."""

from __future__ import annotations

BUILT_IN: tuple[str, ...] = (
    "vigie.plugins.enrichers.lexical.LexicalEnricher",
    "vigie.plugins.sources.bisonfute.BisonfuteSource",
    "vigie.plugins.sources.bluesky.BlueskySource",
    "vigie.plugins.sources.cap.CapSource",
    "vigie.plugins.sources.capture.CaptureSource",
    "vigie.plugins.sources.crowdtangle.CrowdtangleSource",
    "vigie.plugins.sources.exercise.ExercisePlayer",
    "vigie.plugins.sources.feed.FeedSource",
    "vigie.plugins.sources.file.FileSource",
    "vigie.plugins.sources.fourcat.FourcatSource",
    "vigie.plugins.sources.gdelt.GdeltSource",
    "vigie.plugins.sources.georisques.GeorisquesSource",
    "vigie.plugins.sources.hubeau.HubeauSource",
    "vigie.plugins.sources.mailbox.MailboxSource",
    "vigie.plugins.sources.mastodon.MastodonSource",
    "vigie.plugins.sources.meta_library.MetaLibrarySource",
    "vigie.plugins.sources.meteofrance.MeteofranceSource",
    "vigie.plugins.sources.reddit.RedditSource",
    "vigie.plugins.sources.screenshots.ScreenshotsSource",
    "vigie.plugins.sources.telegram.TelegramSource",
    "vigie.plugins.sources.telegram_export.TelegramExportSource",
    "vigie.plugins.sources.threads.ThreadsSource",
    "vigie.plugins.sources.vigicrues.VigicruesSource",
    "vigie.plugins.sources.whatsapp.WhatsappSource",
    "vigie.plugins.sources.x.XSource",
    "vigie.plugins.sources.x_archive.XArchiveSource",
    "vigie.plugins.sources.youtube.YoutubeSource",
    "vigie.plugins.sources.zeeschuimer.ZeeschuimerSource",
)
