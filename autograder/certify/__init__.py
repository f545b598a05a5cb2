"""Certificates: what a problem set promises, measured at authoring time."""
