"""Every system of the decks, trained in a minute and proved by a figure: ``python -m course.gallery``."""
