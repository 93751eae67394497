"""Widgets that know nothing of S3."""
