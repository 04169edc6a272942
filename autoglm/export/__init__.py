"""A recorded run as a test, as data, or as a Playwright trace; a test is accepted only when it is proved.

steps ──▶ scenes ──▶ script ──▶ rehearsal ──▶ test ──▶ proof
scenes.py  (pure)     write.py   prove.py      source.py  prove.py, stage.py (in pytest), mutants.py
"""
