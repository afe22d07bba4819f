"""Composition root: Django's settings, from the environment variables of the fixed contract."""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONCE, NONE, SELF

from vigie.config import environment
from vigie.config.plugins import BUILT_IN
from vigie.contracts import registry
from vigie.mapping.basemaps.known import Basemap

registry.configure(BUILT_IN)

PACKAGE = Path(__file__).resolve().parents[1]
VIGIE_HOME = environment.home()
VIGIE_CHECKOUT = environment.checkout()
"""The source checkout this runs from; None when installed as a wheel."""
SECRET_KEY = environment.secret_key(VIGIE_HOME)
DEBUG = environment.value("VIGIE_DEBUG") == "1"
ALLOWED_HOSTS = environment.hosts()
VIGIE_ADDRESS = environment.value("VIGIE_ADDRESS").rstrip("/")
CSRF_TRUSTED_ORIGINS = [VIGIE_ADDRESS] if VIGIE_ADDRESS else []
_HTTPS = VIGIE_ADDRESS.startswith("https://")

WEB_ROOMS = [
    "ui", "account", "room", "board", "map", "sources", "reports", "indicators", "privacy",
    "alerts", "verify", "public", "layers", "assist",
]  # fmt: skip

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "django_htmx",
    *[f"vigie.web.{room}" for room in WEB_ROOMS],  # before allauth: our templates come first
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_tasks",
    "django_tasks_db",
    "vigie.api.ogc",
    "vigie.accounts",
    "vigie.journal",
    "vigie.operations",
    "vigie.collection",
    "vigie.triage",
    "vigie.verification",
    "vigie.mapping",
    "vigie.assistance",
    "vigie.alerting",
    "vigie.reporting",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "vigie.config.static.StaticFiles",
    "csp.middleware.CSPMiddleware",
    "vigie.web.public.middleware.PublicPagesMiddleware",  # outside of sessions and languages
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "vigie.web.ui.middleware.PersonLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "vigie.config.urls"
ASGI_APPLICATION = "vigie.config.asgi.application"
DATABASES = {"default": environment.database(VIGIE_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIGRATION_MODULES: dict[str, str] = {}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "vigie.web.ui.context.shell",
            ],
            "builtins": ["vigie.web.ui.templatetags.ui", "django.templatetags.i18n"],
        },
    }
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
"""Forms are drawn by our own django/forms/*.html (web/ui)."""

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "vigie_cache",  # made by a migration of accounts
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
"""Only counts sign-in attempts, so that all processes refuse the same guesser. Not for speed."""

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
LOGOUT_REDIRECT_URL = "/"

ALLAUTH_TRUSTED_PROXY_COUNT = 1 if _HTTPS else 0
"""Behind https there is one proxy of ours, whose X-Forwarded-For names the person's address."""
ACCOUNT_ADAPTER = "vigie.web.account.adapter.InvitationOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Vigie] "
ACCOUNT_FORMS = {
    name: f"vigie.web.account.signing_in.{form}"
    for name, form in (
        ("login", "SignInForm"),
        ("change_password", "ChangePasswordForm"),
        ("set_password", "SetPasswordForm"),
        ("reset_password", "ResetPasswordForm"),
        ("reset_password_from_key", "ChoosePasswordForm"),
        ("reauthenticate", "ReauthenticateForm"),
    )
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
"""People come by invitation or are made by an administrator: their address is known already."""
MFA_TOTP_ISSUER = "Vigie"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _HTTPS
"""Browsers themselves allow passkeys on http only at localhost."""

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [
    PACKAGE / name / "locale" for name in ("config", "api", "pipeline", "live", "cli", "workers")
]
"""Packages that are no Django app; apps are found by themselves."""
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"

STATIC_URL = "/static/"
STATIC_ROOT = VIGIE_HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MIMETYPES = {".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
VIGIE_BLOBS = VIGIE_HOME / "blobs"
VIGIE_ALLOW_PRIVATE = environment.allowed_private()
VIGIE_TIMESTAMP = environment.timestamp_authority()
"""Who stamps evidence; None: nobody."""
VIGIE_PLACE_VIEWS = environment.place_views()
"""The services that show what a place looks like."""
VIGIE_BASEMAPS = environment.basemaps()
"""Base maps offered beside the local one, in order; packs in the data folder come after them."""
VIGIE_BROWSER, VIGIE_BROWSER_SANDBOX = environment.browser()
"""The program that photographs pages kept as evidence; "": none."""
VIGIE_SECRETS = environment.plugin_secrets()
VIGIE_STREAM = environment.stream()
"""The NATS servers between collectors and pipeline; None: both in one process."""
VIGIE_ALERT_PATH = "/o/{slug}/alerts/{number}/"
"""Where an alert is opened, for messages that leave the house (web/alerts/urls.py)."""
VIGIE_FACT_CHECK_PATH = "/p/{slug}/verifications/{number}-{name}/"
"""Where the public reads a fact-check (web/public/urls.py)."""
VIGIE_MAP_LICENCE, VIGIE_MAP_LICENCE_URL = environment.map_licence()
"""Under what others may use the public map's data."""

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4_000
"""Releasing the map is one form with a choice for each of up to 2,000 objects."""
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

MAP_TILE_ORIGINS = sorted({each.origin for each in VIGIE_BASEMAPS if isinstance(each, Basemap)})
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:", *MAP_TILE_ORIGINS],
        "connect-src": [SELF, *MAP_TILE_ORIGINS],
        "worker-src": [SELF],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if environment.value("VIGIE_SMTP_HOST")
    else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = str(VIGIE_HOME / "mail")
EMAIL_HOST = environment.value("VIGIE_SMTP_HOST", "localhost")
EMAIL_PORT = int(environment.value("VIGIE_SMTP_PORT", "25"))
EMAIL_HOST_USER = environment.value("VIGIE_SMTP_USER")
EMAIL_HOST_PASSWORD = environment.value("VIGIE_SMTP_PASSWORD")
EMAIL_USE_TLS = environment.value("VIGIE_SMTP_TLS") == "1"
DEFAULT_FROM_EMAIL = environment.value("VIGIE_MAIL_FROM", "vigie@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "format": environment.value("VIGIE_LOG_PREFIX")
            + "{asctime} {levelname:.1} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": environment.value("VIGIE_LOG_LEVEL", "INFO")},
    "loggers": {
        "uvicorn": {"level": "WARNING"},
        # What they say may hold parts of a channel's address, which is a secret.
        "apprise": {"level": "WARNING", "handlers": ["nowhere"], "propagate": False},
        "urllib3": {"level": "WARNING", "handlers": ["nowhere"], "propagate": False},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
