"""`pipeline run`: choose fields, tag, convert and sign."""

from __future__ import annotations

import hashlib
import hmac
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from .records import Record, UnusableError, encode, read, write

if TYPE_CHECKING:
    from runspec import Args


def run(args: Args) -> int:
    source = args.input.value
    found = read(source)
    if args.strict.value:
        _refuse_incomplete(found, args.fields.value)
    chosen = _process(found, args)
    target = source.with_name(f"{source.stem}.out.{args.format.value}")
    if args.dry_run.value:
        print(f"would write {len(chosen)} records to {target.name}")
        return 0
    content = encode(chosen, args.format.value)
    signature = hmac.new(args.api_key.value.encode(), content, hashlib.sha256)
    write(target, content)
    write(target.with_name(target.name + ".sig"), signature.hexdigest().encode())
    print(f"wrote {len(chosen)} records to {target.name}")
    return 0


def _process(found: list[Record], args: Args) -> list[Record]:
    """Every record with the chosen fields and tags, in batches, in order."""
    batches = list(_batches(found, args.batch_size.value))
    if args.verbose.value:
        print(f"{len(found)} records in {len(batches)} batches", file=sys.stderr)
    shape = partial(_shape, fields=args.fields.value, tags=args.tag.value)
    with ThreadPoolExecutor(args.workers.value) as pool:
        done = pool.map(shape, batches, timeout=args.timeout.value)
        return [record for batch in done for record in batch]


def _batches(found: list[Record], size: int) -> Iterator[list[Record]]:
    for start in range(0, len(found), size):
        yield found[start : start + size]


def _shape(batch: list[Record], fields: list[str], tags: list[str]) -> list[Record]:
    return [
        {name: record.get(name, "") for name in fields} | {"tags": " ".join(tags)}
        for record in batch
    ]


def _refuse_incomplete(found: list[Record], fields: list[str]) -> None:
    for number, record in enumerate(found, 1):
        missing = [name for name in fields if not record.get(name)]
        if missing:
            raise UnusableError(f"record {number} has no {', '.join(missing)}")
