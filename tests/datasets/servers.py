"""Stand-ins for the network: what pooch calls to fetch a URL."""

import requests


def serve(monkeypatch, contents):
    """Lets pooch receive `contents`, by URL; returns the list of URLs asked for."""
    asked = []

    def fetch(url, output_file, _pooch):
        asked.append(url)
        with open(output_file, "wb") as file:
            file.write(contents[url])

    monkeypatch.setattr("pooch.core.choose_downloader", lambda url, **_: fetch)
    return asked


def unplug(monkeypatch, reason="Name or service not known"):
    """Lets every download of pooch fail as it does without a network."""

    def fetch(url, output_file, _pooch):
        raise requests.exceptions.ConnectionError(reason)

    monkeypatch.setattr("pooch.core.choose_downloader", lambda url, **_: fetch)
