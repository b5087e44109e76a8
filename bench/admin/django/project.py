"""Django's admin over the table of the benchmark: one file, started as `project:application` or run to prepare it."""

import os
import secrets
import sys

import django
from django.conf import settings

settings.configure(
    # One secret for the workers; the sessions that it signs end with the run.
    SECRET_KEY=os.environ["BENCH_SECRET"],
    DEBUG=False,
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF="project",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["BENCH_DATABASE"],
            "CONN_MAX_AGE": None,
            "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"},
        }
    },
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    STATIC_URL="/static/",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.contrib import admin  # noqa: E402
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402

STATUSES = ["draft", "returned", "sold_out", "paused", "on_sale"]


class Product(models.Model):
    title = models.TextField()
    sku = models.TextField()
    note = models.TextField(null=True)
    status = models.TextField(choices=[(word, word) for word in STATUSES])
    price = models.BigIntegerField()
    stock = models.BigIntegerField()
    open = models.BooleanField()
    sold_at = models.BigIntegerField(null=True)
    version = models.BigIntegerField()
    deleted_at = models.BigIntegerField(null=True)
    created_at = models.BigIntegerField()
    updated_at = models.BigIntegerField()

    class Meta:
        app_label = "auth"
        managed = False
        db_table = "bench_products"


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["title", "sku", "status", "price", "stock", "sold_at", "created_at"]
    list_filter = ["status"]
    search_fields = ["title", "sku"]
    ordering = ["-id"]
    list_per_page = 50
    # With `BENCH_COUNTS=few` it leaves out the second count, of all rows whatever the filter.
    show_full_result_count = os.environ.get("BENCH_COUNTS") != "few"

    def get_queryset(self, request):
        return super().get_queryset(request).filter(deleted_at__isnull=True)


urlpatterns = [path("admin/", admin.site.urls)]


def prepare():
    """Makes Django's own tables and a session, and prints the cookie."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    user_model = get_user_model()
    user = user_model.objects.filter(username="bench").first()
    if user is None:
        user = user_model.objects.create_superuser("bench", password=secrets.token_hex(16))
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    print(f"sessionid={session.session_key}")


if __name__ == "__main__":
    sys.modules["project"] = sys.modules["__main__"]
    prepare()
else:
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
