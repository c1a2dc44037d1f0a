"""A store whose results are objects of a service: ``s3://bucket/run``, laid out as a folder is.

    s3://bucket/run/<folder>/<hash>/...        what a folder would hold, results, claims, failures and plan
    ~/.cache/samenoise/<name>-<digest>/        the cache: a store in a folder, with scratch and checkpoints of this host

Cells are computed into the cache, as into any folder, and then sent, file by file, the seal last: a result is there
when its seal is, and whatever is cut short before that is nothing. What somebody else has computed is fetched when it
is first read, and kept only if every byte is as its seal says. A result that is damaged at the service is sent again
over itself, from the cache or computed anew. All writers of a unit write the same bytes, so it does no harm that two
may be at it; where two kinds of machines differ in their bits, a mixture of the two is found by its hashes.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from samenoise.runs.cell import Cell
from samenoise.runs.claims import Claims
from samenoise.runs.failures import Failures
from samenoise.runs.objects import PATIENCE, Away, Objects
from samenoise.runs.read_tree import parts_of
from samenoise.runs.seal import SEALED, Seal, damage, identity, read_seal
from samenoise.runs.store import HASH, MARKER, SHOWN, Store, StoreError, place_of

__all__ = ["CACHE", "RemoteStore", "cache_of"]

CACHE = "SAMENOISE_CACHE"
"""Name of the variable with the folder of caches, ``~/.cache/samenoise`` unless given."""
LARGEST = 2**29
"""Bytes of a file at the top."""
WAIT = "SAMENOISE_PATIENCE"
"""Name of the variable with the seconds for which a service that does not answer is asked again."""
FRESH = 1.0
"""Seconds for which a list of what is in a folder will do to say that a result is not there."""


class RemoteStore(Store):
    """Results of cells below ``url``.

    Args:
        make: say that a store is there, where none is. Without it nothing is written before something is computed.
        cache: the folder of the cache.
        known: another process has looked at it, so nothing is asked now.

    Raises:
        StoreError: the service cannot be used, or holds a store of another schema version.
        ModuleNotFoundError: the package for this kind of service is not installed.
    """

    def __init__(self, url: str, make: bool = True, cache: Path | None = None, known: bool = False) -> None:
        here = cache or cache_of(url)
        try:
            super().__init__(here)
        except StoreError:
            raise StoreError(f"{here} cannot be used as the cache of {url}: choose a folder by {CACHE}") from None
        try:
            self.far = Objects(url, patience=0.0)  # who has mistyped it need not wait
            self.shared, self.address = self.far, self.far.url
            if not known:
                self._begin(make)
            if make:
                _ = self.far.exclusive  # tried out now, and whether anything may be written
        except ValueError as error:
            raise StoreError(f"{url} is no place for a run directory: {error}") from None
        except Away as error:
            raise StoreError(str(error)) from None
        except FileNotFoundError as error:
            raise StoreError(f"{url} cannot be used as a run directory ({error.strerror or error})") from None
        self.far.patience = _patience()
        self.claims, self.failures = Claims(self.far), Failures(self.far)
        self._good: set[str] = set()
        self._listed: dict[str, tuple[float, frozenset[str]]] = {}

    @property
    def caveat(self) -> str:
        if self.far.exclusive:
            return ""
        return f"{self.address} gives one name to two writers: runs that share it may compute units twice, to one end"

    def path(self, cell: Cell) -> Path:
        """Where the result of a cell lives on this machine, fetched if it is not here and there is one."""
        if self.tree.about(place_of(cell)) is None and self.has(cell):
            self._fetched(cell)
        return super().path(cell)

    def has(self, cell: Cell) -> bool:
        """Whether a result is at the service, by its seal and the names and sizes of its files."""
        place = place_of(cell)
        if place in self._good:  # and stays there: what a run needs is held by a claim
            return True
        good = cell.hash in self._there(cell.folder) and damage(self.far, place, every_byte=False) is None
        if good:
            self._good.add(place)
        return good

    def damage(self, cell: Cell) -> str | None:
        """``None`` for a good result at the service, else ``"absent"`` or what is wrong with it. Reads every byte."""
        return damage(self.far, place_of(cell), every_byte=True)

    def whole(self, cell: Cell) -> bool:
        """Whether a result is at the service and here, every byte of this one right. One that is here alone is sent,
        one that is there alone is fetched."""
        place = place_of(cell)
        here = self._whole_here(place)
        if damage(self.far, place, every_byte=False) is None:
            ours, theirs = read_seal(self.tree, place), read_seal(self.far, place)
            same = ours is not None and theirs is not None and ours.files == theirs.files
            return (here and same) or self._fetched(cell)
        if here:
            self._send(place)
        return here

    def sealed(self) -> Iterator[Seal]:
        for place in self.places():
            found = read_seal(self.tree, place) or read_seal(self.far, place)
            if found is not None:
                yield found

    def share(self) -> None:
        for name in self.tree.names():
            if name[0] == "." or name in (MARKER, SHOWN) or any(map(HASH.fullmatch, self.tree.names(name))):
                continue
            inside = [f"{name}/{inner}" for inner, _ in self.tree.files(name)]
            for each in inside or [name]:
                self.far.send(self.root / each, each)
            for old in {f"{name}/{inner}" for inner, _ in self.far.files(name)} - set(inside):
                self.far.remove_file(old)

    def catch_up(self, names: Iterable[str]) -> None:
        """Fetch files of the top, and drop from the cache those that are not there any more."""
        for name in names:
            if self.far.about(name) is None:
                self.tree.remove_file(name)
            else:
                self.tree.write(name, self.far.read(name, LARGEST))

    def drop(self, name: str) -> None:
        super().drop(name)
        self.far.remove_file(name)

    def discard(self, place: str) -> None:
        """The seal goes first: without it nothing is there."""
        self.far.remove_file(f"{place}/{SEALED}")
        self.far.remove(place)
        super().discard(place)
        self._good.discard(place)

    def _publish(self, result: str, cell: Cell) -> None:
        super()._publish(result, cell)
        self._send(place_of(cell))

    def _send(self, place: str) -> None:
        seal = read_seal(self.tree, place)
        if seal is None:
            raise OSError(f"{self.root / place} went away before it was sent: somebody clears the cache of a run")
        for name in seal.files:
            self.far.send(self.root / place / name, f"{place}/{name}")
        self.far.write(f"{place}/{SEALED}", self.tree.read(f"{place}/{SEALED}"))
        self._good.add(place)

    def _fetched(self, cell: Cell) -> bool:
        """Get a result into the cache, in the place of another there; whether every byte of it is right."""
        place, seal = place_of(cell), read_seal(self.far, place_of(cell))
        if seal is None:
            return False
        result = self.drafts.result(cell.hash)
        try:
            draft = f"{self.tree.name(result)}/{cell.hash}"
            for name in (*seal.files, SEALED):
                above = "/".join([draft, *parts_of(name)[:-1]])
                self.far.fetch(f"{place}/{name}", self.tree.folder(above) / parts_of(name)[-1])
            if damage(self.tree, draft, every_byte=True) is not None:
                self._good.discard(place)
                return False
            self.tree.sync(draft)
            ours = read_seal(self.tree, place)
            if ours is not None and ours.files != seal.files:  # another machine's bits, and those have been read by all
                self._put_aside(place, identity(self.tree, place))
            super()._publish(draft, cell)
        except (FileNotFoundError, ValueError):  # it was thrown out meanwhile, or the seal names what is elsewhere
            return False
        finally:
            self.drafts.drop(result)
        return True

    def _there(self, folder: str) -> frozenset[str]:
        when, names = self._listed.get(folder, (-FRESH, frozenset[str]()))
        if time.monotonic() - when > FRESH:
            when, names = time.monotonic(), frozenset(self.far.names(folder))
            self._listed[folder] = when, names
        return names


def _patience() -> float:
    text = os.environ.get(WAIT, str(PATIENCE))
    try:
        return float(text)
    except ValueError:
        raise StoreError(f"{WAIT} is a number of seconds, such as 60; got {text!r}") from None


def cache_of(url: str) -> Path:
    """The folder on this machine that a store at ``url`` is computed in; it may be removed when no run is on."""
    where = os.environ.get(CACHE) or os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "samenoise")
    plain = url.rstrip("/")
    name = re.sub(r"[^A-Za-z0-9.]+", "-", plain)[-40:].strip("-.")
    return Path(where).expanduser() / f"{name}-{hashlib.sha256(plain.encode()).hexdigest()[:8]}"
