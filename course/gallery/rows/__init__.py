"""The exhibits, one a file: each has an ``EXHIBIT``."""
