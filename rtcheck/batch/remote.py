"""Inputs behind a URL, by fsspec and its drivers (extra `remote`): listed, looked at, fetched.

Credentials come from the environment or from fsspec's own configuration. None is taken from a URL,
which would be written to outputs.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urlsplit

from rtcheck.errors import UsageError

T = TypeVar("T")

Stamp = tuple[int | str, ...]

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_LISTINGS_AT_ONCE, _LOOKS_AT_ONCE = 16, 32
_CONNECTIONS = 4
"""What drivers that wait in one thread (sftp, ftp) get: servers refuse many connections."""
_BLOCK_BYTES = 1 << 20
"""What is fetched in one go of a file that is looked at: most headers are less."""

_DEEPEST = 64
_VERSIONS = (
    *("ETag", "etag", "md5Hash", "content_md5", "content-md5", "LastModified", "last_modified"),
    *("mtime", "modified", "updated", "created"),
)
"""What drivers call that which changes with the content of an object."""


def is_url(path: str) -> bool:
    """Return whether a path is a URL, such as ``s3://bucket/prefix``."""
    return _URL.match(path) is not None


def filesystem(url: str) -> tuple[Any, str]:
    """Return fsspec's file system for a URL (another in each thread), and the path in it.

    Raises
    ------
    UsageError
        If fsspec or the driver is not installed, nobody answers, or the URL holds a secret.
    """
    parts = urlsplit(url)
    if parts.password or (parts.query and parts.scheme.startswith("http")):
        raise UsageError(
            "a URL that holds a secret",
            where=f"{parts.scheme}://{parts.hostname or ''}",
            expected="credentials in the environment or in fsspec's configuration",
        )
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise UsageError(
            "fsspec is not installed", where=url, hint="pip install 'rtcheck[remote]'"
        ) from None
    try:
        system, path = url_to_fs(url)
    except ImportError as error:
        raise UsageError(
            f"the driver for {parts.scheme}:// is not installed", where=url, hint=f"{error}"
        ) from None
    except ValueError:
        raise UsageError(
            f"no driver knows {parts.scheme}://",
            where=url,
            expected="a protocol of fsspec, such as s3, gs, abfs, sftp",
        ) from None
    except Exception as error:
        raise _unreachable(url, error) from error
    return system, str(path)


def _unreachable(url: str, error: Exception) -> UsageError:
    if isinstance(error, FileNotFoundError):
        return UsageError("no such file or folder", where=url)
    refused = isinstance(error, PermissionError) or "redential" in type(error).__name__
    return UsageError(
        ("access is refused" if refused else "it cannot be reached") + f" ({type(error).__name__})",
        where=url,
        hint="Credentials are taken from the environment or from fsspec's configuration",
    )


def require_url(url: str) -> None:
    """Return quietly if there is something at a URL.

    Raises
    ------
    UsageError
        If there is not, or it cannot be told: nobody answers, or access is refused.
    """
    system, path = filesystem(url)
    try:
        system.info(path)
    except Exception as error:
        raise _unreachable(url, error) from error


def urls_below(url: str) -> Iterator[str]:
    """Return the files below a URL, or the URL itself if it is one; a few folders at a time.

    A folder that cannot be listed is returned too: that it cannot be opened must be said.
    """
    system, top = filesystem(url)
    system.invalidate_cache()
    try:
        if not system.isdir(top):
            yield url
            return
        # A connection that cannot be shared is used by this thread alone, here and elsewhere.
        at_once = _LISTINGS_AT_ONCE if system.async_impl else 1
        with ThreadPoolExecutor(at_once) as threads:
            listing = system.ls if system.async_impl else partial(_listed_anew, url)
            yield from _below(listing, top, url, threads)
    finally:
        system.invalidate_cache()


def _listed_anew(url: str, folder: str, *, detail: bool) -> list[Mapping[str, Any]]:
    system = filesystem(url)[0]  # of this thread
    system.invalidate_cache()
    found: list[Mapping[str, Any]] = system.ls(folder, detail=detail)
    return found


def looks_at_once(url: str) -> int:
    """Return how many files behind a URL may be looked at side by side."""
    return _LOOKS_AT_ONCE if filesystem(url)[0].async_impl else _CONNECTIONS


def _below(
    listing: Callable[..., list[Mapping[str, Any]]],
    top: str,
    url: str,
    threads: ThreadPoolExecutor,
) -> Iterator[str]:
    waiting: list[tuple[str, int]] = [(top, 0)]
    pending: deque[tuple[str, int, Future[list[Mapping[str, Any]]]]] = deque()
    while waiting or pending:
        while waiting and len(pending) < _LISTINGS_AT_ONCE:
            folder, depth = waiting.pop()
            pending.append((folder, depth, threads.submit(listing, folder, detail=True)))
        folder, depth, listed = pending.popleft()
        try:
            entries = listed.result()
        except Exception:  # noqa: BLE001 - drivers raise what they like
            yield _under(url, top, folder)
            continue
        for entry in entries:
            name = str(entry["name"])
            inside = name.strip("/") != folder.strip("/")
            if entry["type"] == "directory" and inside and depth < _DEEPEST:
                waiting.append((name, depth + 1))
            elif inside or entry["size"]:  # an empty object marks a folder in some stores
                yield _under(url, top, name)


def _under(url: str, top: str, name: str) -> str:
    """Return the URL of a name below the top: drivers leave out protocol and host."""
    inside = name.strip("/").removeprefix(top.strip("/")).strip("/")
    return f"{url.rstrip('/')}/{inside}" if inside else url


def open_url(url: str) -> BinaryIO:
    """Return a file behind a URL, of which only what is read is fetched.

    Raises
    ------
    OSError
        If it cannot be opened, as of all that follow.
    """
    stream: BinaryIO = _asked(
        url, lambda system, path: system.open(path, "rb", block_size=_BLOCK_BYTES)
    )
    return stream


def start_of_url(url: str, length: int) -> bytes:
    """Return the first bytes of a file behind a URL."""
    return bytes(_asked(url, lambda system, path: system.cat_file(path, start=0, end=length)))


def content_of_url(url: str) -> bytes:
    """Return all of a file behind a URL."""
    return bytes(_asked(url, lambda system, path: system.cat_file(path)))


def stamp_of_url(url: str) -> Stamp:
    """Return the size of a file behind a URL, and what tells its versions apart."""
    info = _asked(url, lambda system, path: system.info(path))
    if info.get("type") == "directory":
        raise IsADirectoryError(url)
    return (int(info["size"]), *(str(info[key]) for key in _VERSIONS if info.get(key)))


def _asked(url: str, question: Callable[[Any, str], T]) -> T:
    """Return an answer of a file system; whatever its driver raises is an OSError."""
    try:
        return question(*filesystem(url))
    except OSError:
        raise
    except Exception as error:
        raise OSError(type(error).__name__) from error
