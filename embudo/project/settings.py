from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from embudo.project.database import database_from
from embudo.project.environment import env, env_bool, env_int, kept_secret

PACKAGE = Path(__file__).resolve().parent.parent
DATA = Path(env("DATA", "var")).resolve()
PORT = env_int("PORT", 8000)
BASE_URL = env("BASE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
IS_HTTPS = BASE_URL.startswith("https://")

SECRET_KEY = env("SECRET_KEY") or kept_secret(DATA / "secret.key")
DEBUG = env_bool("DEBUG")
# Hosts other than BASE_URL's own that may be named in a request, comma-separated; "*" for any.
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname or "127.0.0.1", "127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS += [host.strip() for host in env("ALLOWED_HOSTS").split(",") if host.strip()]
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "template_partials",
    "django_htmx",
    "django_tasks",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "embudo.kernel",
    # foundation
    "embudo.foundation.ui",
    "embudo.foundation.access",
    "embudo.foundation.notify",
    "embudo.foundation.attributes",
    "embudo.foundation.recycle",
    "embudo.foundation.activity",
    "embudo.foundation.documents",
    "embudo.foundation.audit",
    "embudo.foundation.search",
    "embudo.foundation.transfer",
    "embudo.foundation.duplicates",
    "embudo.foundation.editing",
    # business
    "embudo.business.directory",
    "embudo.business.supply",
    "embudo.business.sales",
    "embudo.business.intake",
    "embudo.business.quota",
    "embudo.business.billing",
    "embudo.business.insight",
    # entrypoints
    "embudo.entrypoints.rest",
    # project
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "embudo.foundation.access.middleware.ActorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "embudo.foundation.ui.middleware.ErrorPages",
]

ROOT_URLCONF = "embudo.project.urls"
ASGI_APPLICATION = "embudo.project.asgi.application"
FORM_RENDERER = "embudo.foundation.ui.renderer.Renderer"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["embudo.foundation.ui.templatetags.ui"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "embudo.foundation.ui.context.shell",
            ],
        },
    }
]

DATABASES = {"default": database_from(env("DATABASE_URL"), DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "embudo.kernel.job.LeaseBackend"}}
# Nothing that must hold is kept in a cache; limits and lock-outs are counted in the database (kernel/limit.py).
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["embudo.foundation.access.queries.session_users.SessionUsers"]
# allauth keeps the second factors; nobody signs up by themselves, and its own pages are not mounted.
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
MFA_ADAPTER = "embudo.foundation.access.queries.factors.SealedSecrets"
MFA_TOTP_TOLERANCE = 1  # phones' clocks differ by some seconds
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS  # browsers offer passkeys without TLS on localhost only
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"

SESSION_ENGINE = "embudo.foundation.access.queries.sessions"
SESSION_COOKIE_AGE = 20 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "embudo.foundation.ui.errors.csrf_failure"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_MAX_SIZE = 25 * 1024 * 1024  # bytes of one file; what is larger is dropped while it comes in
FILE_UPLOAD_HANDLERS = [
    "embudo.foundation.ui.uploads.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

LANGUAGES = [("en", "English"), ("fr", "Français"), ("es", "Español"), ("pl", "Polski")]
LANGUAGE_CODE = env("DEFAULT_LANGUAGE", "en")
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = env("TIME_ZONE", "UTC")  # the organisation's: due days and periods are counted in it
USE_TZ = True
FORMAT_MODULE_PATH = ["embudo.foundation.ui.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
MEDIA_ROOT = DATA / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# smtp://user:password@host:port, smtps://… (TLS from the start), smtp+tls://… (STARTTLS); empty = files in DATA/mail.
SMTP_URL = env("SMTP_URL")
# imaps://user:password@host/folder?address=bounces@example.com: the mailbox that mails come back to; empty = nobody looks.
BOUNCE_URL = env("BOUNCE_URL")
MAIL_FROM = env("MAIL_FROM", "Embudo <no-reply@localhost>")

# Public registers of companies; each is asked only where an administrator has switched it on.
VIES_URL = "https://ec.europa.eu/taxation_customs/vies/rest-api"
REGON_URL = "https://wyszukiwarkaregon.stat.gov.pl/wsBIR/UslugaBIRzewnPubl.svc"
REGON_KEY = env("REGON_KEY")
REGISTER_SECONDS = 8.0  # how long one answer may take

# Who may read /metrics from another machine; empty = only this machine itself.
METRICS_TOKEN = env("METRICS_TOKEN")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "WARNING")},
}
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # the redirect to https is the proxy's
]
