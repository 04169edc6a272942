# pyright: basic, reportMissingImports=false
"""What the shop keeps: authors, books with their chapters, and a cover each."""

from __future__ import annotations

from django.contrib import admin
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=100)

    class Meta:
        app_label = "bookshop"

    def __str__(self) -> str:
        return self.name


class Book(models.Model):
    title = models.CharField(max_length=100)
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    genre = models.CharField(max_length=20, choices=[(name, name) for name in ("Novel", "Poetry", "Science")])
    published = models.DateField()
    delivered = models.DateTimeField(blank=True, null=True)
    cover = models.FileField(blank=True)

    class Meta:
        app_label = "bookshop"

    def __str__(self) -> str:
        return self.title


class Chapter(models.Model):
    book = models.ForeignKey(Book, on_delete=models.CASCADE)
    title = models.CharField(max_length=100)
    pages = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "bookshop"

    def __str__(self) -> str:
        return self.title


class Chapters(admin.TabularInline):
    model = Chapter
    extra = 0


@admin.register(Book)
class Books(admin.ModelAdmin):
    inlines = (Chapters,)
    list_display = ("title", "author", "genre", "published")
    list_filter = ("genre", "author")
    search_fields = ("title",)


admin.site.register(Author)
