"""Whom am I talking to: the profile model, its store (TOML), secrets (keyring), and the sources that
profiles are read from (AWS's shared files, the environment, `.env` files). Nothing here talks to S3."""
