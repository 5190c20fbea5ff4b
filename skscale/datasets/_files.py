"""Files in a folder, or fetched once."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path
from typing import IO

__all__ = ["opened", "path_of"]

_PACKED = {".xz": lzma.open, ".gz": gzip.open}


def path_of(path: str, url: str, sha256: str, folder: str | Path | None) -> Path:
    """Where a file lies: in ``folder`` if that is given, else in pooch's cache."""
    if folder is None:
        return _fetched(path, url, sha256)
    places = [Path(folder).expanduser() / part for part in (path, Path(path).name)]
    packed = [place.with_name(place.name + end) for place in places for end in ("", *_PACKED)]
    found = next((place for place in packed if place.is_file()), None)
    if found is None:
        raise FileNotFoundError(
            f"folder must hold {path} or {Path(path).name}, plain, .xz or .gz; {folder} does not"
        )
    return found


def opened(path: Path) -> IO[str]:
    """Open a text file, packed or plain."""
    return _PACKED.get(path.suffix, open)(path, "rt", encoding="utf-8")  # type: ignore[operator]


def _fetched(path: str, url: str, sha256: str) -> Path:
    try:
        import pooch
    except ImportError as error:
        raise ImportError(
            f"fetching {path} needs pooch: pip install 'skscale[datasets]'; or give folder="
        ) from error
    try:
        cached = pooch.retrieve(
            url, f"sha256:{sha256}" if sha256 else None, Path(path).name, pooch.os_cache("skscale")
        )
    except Exception as error:  # of pooch, requests, urllib3 or the system
        raise OSError(
            f"{url} could not be fetched ({error}); without a network, put {path} into a folder "
            "and give folder="
        ) from error
    return Path(cached)
