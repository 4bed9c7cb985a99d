"""Inputs behind URLs: the same dataset as from a folder; headers alone are fetched by a scan."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import cohorts
import pytest
from batches import DATE, files_of, run

import rtcheck
from rtcheck.batch import remote
from rtcheck.batch.places import Place, Source
from rtcheck.batch.scan import scan
from rtcheck.batch.store import Store
from rtcheck.batch.units import units_of
from rtcheck.errors import UsageError

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")


def said(out: Path) -> dict[str, bytes]:
    """Return what a batch says of its plans; ``results/`` holds the paths that it was read from."""
    return {name: data for name, data in files_of(out).items() if not name.startswith("results")}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with plans, one of them in an archive, two broken, an archive cut off."""
    folder = cohorts.cohort(tmp_path_factory.mktemp("mixed") / "in", 5)
    cohorts.BREAKS["structure set of noise"](folder / "patient 00001")
    cohorts.BREAKS["dose cut off"](folder / "patient 00002")
    shutil.make_archive(str(folder / "a #1"), "zip", folder / "patient 00003")
    shutil.rmtree(folder / "patient 00003")
    (folder / "deep" / "er").mkdir(parents=True)
    last = (folder / "patient 00004").rename(folder / "deep" / "er" / "patient ö")
    (last / "cut.zip").write_bytes((folder / "a #1.zip").read_bytes()[:-100])
    (folder / "notes.txt").write_text("none of ours")
    (folder / "empty").touch()
    return folder


@pytest.fixture(scope="module")
def local(mixed: Path, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what a batch of that folder wrote."""
    out = tmp_path_factory.mktemp("local") / "out"
    list(rtcheck.check_many(mixed, protocol=tiny, out=out, date=DATE))
    return out


@pytest.fixture
def memory(mixed: Path) -> Iterator[str]:
    """Return a URL of the same files in fsspec's own memory."""
    store = fsspec.filesystem("memory")
    store.put(str(mixed), "/bucket/in", recursive=True)
    yield "memory://bucket/in"
    store.rm("/bucket", recursive=True)


def test_the_dataset_is_byte_for_byte_that_of_the_folder(
    memory: str, local: Path, tiny: Path, tmp_path: Path
) -> None:
    results = list(rtcheck.check_many(memory, protocol=tiny, out=tmp_path / "out", date=DATE))
    assert [r.outcome for r in results].count("per_protocol") == 3
    assert said(tmp_path / "out") == said(local)


def test_a_file_url_is_the_folder(mixed: Path, local: Path, tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    list(rtcheck.check_many(mixed.as_uri(), protocol=tiny, out=out, date=DATE))
    assert files_of(out) == files_of(local)


def test_resume_repeats_what_has_another_version_and_another_content(
    memory: str, tiny: Path, tmp_path: Path
) -> None:
    def repeated() -> list[bool]:
        results = rtcheck.check_many(
            memory, protocol=tiny, out=tmp_path / "out", date=DATE, html=False, resume=True
        )
        return [r.repeated for r in sorted(results, key=lambda r: r.row["files"])]

    number = len(repeated())
    assert repeated() == [True] * number
    store = fsspec.filesystem("memory")
    path = "/bucket/in/patient 00000/RTDOSE.dcm"
    content = store.cat_file(path)
    store.pipe_file(path, content)  # another date, the same content
    assert repeated() == [True] * number
    store.pipe_file(path, content.replace(b"NAME^N00000", b"NAME^N00009"))
    assert repeated().count(False) == 1


def test_a_scan_fetches_headers_alone(memory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = fsspec.filesystem("memory")
    large = store.cat_file("/bucket/in/patient 00000/RTDOSE.dcm") + bytes(50_000_000)
    store.pipe_file("/bucket/in/large/RTDOSE.dcm", large)
    whole = []
    fetch = type(store).cat_file

    def counted(self: object, path: str, start: int = 0, end: int | None = None) -> bytes:
        whole.extend([path] if end is None else [])
        return fetch(self, path, start=start, end=end)

    monkeypatch.setattr(type(store), "cat_file", counted)
    found = scan([memory])
    assert len(found.objects) == 17  # of five plans, the large file, and the archive cut off
    assert whole == []


def test_a_connection_that_cannot_be_shared_is_used_by_its_own_thread(
    memory: str, local: Path, tiny: Path, tmp_path: Path
) -> None:
    """An sftp client that two threads use at once hangs."""
    from fsspec.implementations.memory import MemoryFileSystem

    class Jealous(MemoryFileSystem):
        protocol = "jealous"

        def __init__(self, **options: object) -> None:
            super().__init__(**options)
            self.owner = threading.get_ident()

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return MemoryFileSystem._strip_protocol(path.replace("jealous://", "memory://"))

        def _owned(self) -> None:
            assert self.owner == threading.get_ident()

        def ls(self, path: str, detail: bool = True, **options: object) -> list[object]:
            self._owned()
            return super().ls(path, detail=detail, **options)

        def info(self, path: str, **options: object) -> dict[str, object]:
            self._owned()
            return super().info(path, **options)

        def cat_file(self, path: str, start: object = None, end: object = None) -> bytes:
            self._owned()
            return super().cat_file(path, start, end)

    fsspec.register_implementation("jealous", Jealous, clobber=True)
    url, out = memory.replace("memory://", "jealous://"), tmp_path / "out"
    list(rtcheck.check_many(url, protocol=tiny, out=out, date=DATE))
    assert said(out) == said(local)


def test_a_fetch_that_fails_is_told_and_tried_again(
    memory: str, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(url: str) -> bytes:
        raise OSError("ClientError")

    out = tmp_path / "out"
    url = f"{memory}/patient 00000"
    with monkeypatch.context() as patched:
        patched.setattr(remote, "content_of_url", refused)
        (result,) = rtcheck.check_many(url, protocol=tiny, out=out, date=DATE)
    assert result.outcome == "not_evaluated"
    assert result.error
    (again,) = rtcheck.check_many(url, protocol=tiny, out=out, date=DATE, resume=True)
    assert (again.repeated, again.outcome) == (False, "per_protocol")


def test_a_file_that_is_too_large_is_refused_and_never_fetched(memory: str) -> None:
    from rtcheck.batch import places
    from rtcheck.dicom.limits import Limits

    source = Source(Place(f"{memory}/patient 00000/RTDOSE.dcm"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(places, "DEFAULT_LIMITS", Limits(file_bytes=100))
        patched.setattr(source, "content", lambda: pytest.fail("fetched"))
        file = source.to_read()
        with file.open() as stream:
            assert stream.read(132)[128:] == b"DICM"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nope://x/y", "no driver knows nope://"),
        ("memory://gone", "no such file or folder"),
        ("sftp://me:hunter2@host/x", "a URL that holds a secret"),
        ("https://host/x?sig=hunter2", "a URL that holds a secret"),
        ("dropbox://x/y", "the driver for dropbox:// is not installed"),
    ],
)
def test_a_url_that_cannot_be_read_is_said_and_no_secret_repeated(
    url: str, words: str, tiny: Path, tmp_path: Path
) -> None:
    done = run("batch", url, "-p", tiny, "-o", tmp_path / "out", "--jobs", 1)
    assert done.returncode == 2
    assert words in done.stderr
    assert "RTC-U001" in done.stderr
    assert "hunter2" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_without_fsspec_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(UsageError, match=r"pip install 'rtcheck\[remote\]'"):
        remote.require_url("s3://bucket/prefix")


def test_results_behind_a_url_are_refused() -> None:
    with pytest.raises(UsageError, match="results cannot be written to a URL"):
        Store("s3://bucket/out").require_usable(resume=False)


def test_fsspec_is_imported_for_urls_alone() -> None:
    code = "import sys, rtcheck.batch.run, rtcheck.batch.work; print('fsspec' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# A server ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bucket(mixed: Path) -> Iterator[dict[str, str]]:
    """Return the environment for an S3 server, a process of its own, with the same files."""
    for module in ("s3fs", "moto", "flask_cors"):
        pytest.importorskip(module, reason=f"{module} is not installed: pip install '.[dev]'")
    log = mixed.parent / "server.txt"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        address = _address(log)
        environment = {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "hunter2",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        with pytest.MonkeyPatch.context() as patched:
            for name, value in environment.items():
                patched.setenv(name, value)
            _fill(mixed)
        yield environment
    finally:
        server.kill()
        server.wait()


def _address(log: Path) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for word in log.read_text(encoding="utf-8").split():
            if word.startswith("http://127.0.0.1:"):
                urllib.request.urlopen(f"{word}/moto-api/", timeout=10).close()  # noqa: S310
                return word
        time.sleep(0.1)
    raise TimeoutError(log.read_text(encoding="utf-8"))


def _fill(folder: Path) -> None:
    import s3fs

    store = s3fs.S3FileSystem(skip_instance_cache=True)
    store.mkdir("bucket")
    store.put(str(folder), "bucket/trial/in", recursive=True)
    store.touch("bucket/trial/in/patient 00000/")  # what marks a folder in a console


@pytest.mark.parametrize("engine", ["--jobs", "--dask"])
def test_an_s3_server_gives_the_dataset_of_the_folder(
    engine: str,
    bucket: dict[str, str],
    local: Path,
    tiny: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if engine == "--dask":
        pytest.importorskip("distributed", reason="distributed is not installed")
    for name, value in bucket.items():
        monkeypatch.setenv(name, value)
    options = ("--jobs", 2) if engine == "--jobs" else ("--dask", "local", "--jobs", 1)
    out = tmp_path / "out"
    url = "s3://bucket/trial/in/"
    done = run("batch", url, "-p", tiny, "-o", out, *options, "--date", DATE)
    assert done.returncode == 3, done.stderr
    assert said(out) == said(local)
    assert b"hunter2" not in b"".join(files_of(out).values())


def test_a_scan_of_a_server_fetches_a_part_of_large_files(
    bucket: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from s3fs.core import S3File

    for name, value in bucket.items():
        monkeypatch.setenv(name, value)
    store = fsspec.filesystem("s3", skip_instance_cache=True)
    path = "bucket/trial/in/patient 00000/RTDOSE.dcm"
    size_bytes = 40_000_000
    store.pipe_file("bucket/large/RTDOSE.dcm", store.cat_file(path) + bytes(size_bytes))
    fetched_bytes = []
    fetch = S3File._fetch_range

    def counted(self: object, start: int, end: int) -> bytes:
        fetched_bytes.append(end - start)
        return fetch(self, start, end)

    monkeypatch.setattr(S3File, "_fetch_range", counted)
    (found,) = scan(["s3://bucket/large"]).objects
    assert found.header is not None
    assert 0 < sum(fetched_bytes) < size_bytes / 8


def test_without_credentials_access_is_refused(
    bucket: dict[str, str], tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket["AWS_ENDPOINT_URL"])
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    done = run("batch", "s3://bucket/trial", "-p", tiny, "-o", tmp_path / "out", "--jobs", 1)
    assert done.returncode == 2
    assert "access is refused (NoCredentialsError)" in done.stderr


def test_units_of_several_urls_and_folders_stand_together(memory: str, mixed: Path) -> None:
    roots = [memory, mixed / "deep"]
    names = [unit.names[0] for unit in units_of(scan(roots).objects, roots)]
    assert "in/patient 00000/RTPLAN.dcm" in names
    assert "deep/er/patient ö/RTPLAN.dcm" in names
