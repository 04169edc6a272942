# pyright: basic, reportMissingImports=false
"""`python -m tests.apps.bookshop.serve FOLDER`: a fresh shop in FOLDER, served on a free port; prints its address."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

import django
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

SHELF = [("Emma", "Jane Austen", "Novel", 1815), ("Persuasion", "Jane Austen", "Novel", 1817)]
SHELF += [("Duino Elegies", "Rainer Maria Rilke", "Poetry", 1923), ("Opticks", "Isaac Newton", "Science", 1704)]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def main(folder: Path) -> None:
    settings.configure(
        DEBUG=True,
        ALLOWED_HOSTS=["127.0.0.1"],
        SECRET_KEY="bookshop",
        ROOT_URLCONF="tests.apps.bookshop.urls",
        STATIC_URL="static/",
        MEDIA_ROOT=folder / "media",
        TIME_ZONE="UTC",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "shop.db"}},
        INSTALLED_APPS=[
            *(f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes", "sessions", "messages")),
            *("django.contrib.staticfiles", "tests.apps.bookshop"),
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
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
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    stock()
    with make_server("127.0.0.1", 0, StaticFilesHandler(get_wsgi_application()), Server) as server:
        sys.stdout.write(f"http://127.0.0.1:{server.server_port}/\n")
        sys.stdout.flush()
        server.serve_forever()


def stock() -> None:
    from django.contrib.auth.models import User

    from tests.apps.bookshop.models import Author, Book

    User.objects.create_superuser("admin", password="let-me-in")
    for title, name, genre, year in SHELF:
        author, _ = Author.objects.get_or_create(name=name)
        Book.objects.create(title=title, author=author, genre=genre, published=date(year, 3, 1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
