"""The table of task families and how often each is drawn."""

from __future__ import annotations

from collections.abc import Callable

from training import forms, letters, pages, prose
from training.episode import Episode
from training.words import Rng

Family = Callable[[Rng], Episode]

FAMILIES: dict[Family, float] = {
    forms.form: 30,
    forms.wizard: 4,
    letters.letter: 30,
    letters.described: 5,
    letters.numbered: 3,
    prose.natural: 8,
    prose.in_order: 6,
    forms.same_text: 2,
    forms.copy_from_page: 3,
    forms.focus: 1,
    forms.impossible: 3,
    pages.clicks: 6,
    pages.ordinal: 4,
    pages.icons: 2,
    pages.tabs: 4,
    pages.menus: 2,
    pages.dialog: 2,
    pages.under_overlay: 2,
    pages.told_of_cover: 1,
    pages.records: 6,
    pages.several_records: 4,
    pages.inbox: 4,
    pages.post_menu: 3,
    pages.read: 4,
    pages.paged: 4,
    pages.search: 10,
    pages.starts_with: 4,
    pages.go_to: 3,
    pages.scroll_for: 1,
    pages.wait_for: 0.5,
    pages.js_confirm: 0.5,
    pages.back_again: 0.5,
    pages.refused_repeat: 1,
}

BY_NAME: dict[str, Family] = {family.__name__: family for family in FAMILIES}


def draw(rng: Rng) -> Family:
    return rng.choices(list(FAMILIES), list(FAMILIES.values()))[0]
