"""A secret of a call is in nothing that the call leaves behind."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from environments import write

pytestmark = pytest.mark.slow

SPEC = """
[config]
audit = "on"

[config.logging]

[leaks]
description = "Shows its secret wherever it can"
autonomy = "autonomous"

[leaks.args]
key = { type = "password", env = "LEAK_KEY", description = "Not to be seen" }
"""
PROGRAM = """
import base64, json, logging, sys, urllib.parse
from runspec import parse

args = parse("leaks")
key = args.key.value
forms = [key, repr(key), json.dumps(key), urllib.parse.quote(key)]
forms.append(base64.b64encode(key.encode()).decode())
log = logging.getLogger("app")
print(args, args.key)
for form in forms:
    log.error("it is %s", form, extra={"detail": {"value": form}})
try:
    raise LookupError(key)
except LookupError:
    log.exception("no")
raise ValueError(forms)
"""
TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc")), min_size=8, max_size=40
).filter(lambda text: text.strip() == text and len(set(text)) > 6)
"""Not what stands in any file by chance, such as a row of zeros."""


def forms(secret: str) -> list[str]:
    coded = base64.b64encode(secret.encode()).decode()
    return [secret, json.dumps(secret)[1:-1], quote(secret), coded]


@settings(max_examples=12)
@given(secret=TEXT)
@example(secret="p@ss 'word' \\ %41 \"x\"")
@example(secret="correct horse battery staple")
def test_a_secret_is_in_no_output_log_history_ledger_or_traceback(secret: str) -> None:
    with TemporaryDirectory() as name:
        place = write(Path(name), {"runspec.toml": SPEC, "leaks.py": PROGRAM})
        done = subprocess.run(
            [sys.executable, str(place / "leaks.py")],
            env={"HOME": name, "LEAK_KEY": secret, "LANG": "C.UTF-8"},
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )
        assert done.returncode == 1
        assert "ValueError" in done.stderr
        kept = [path for path in place.rglob("*") if path.is_file()]
        names = {path.name for path in kept}
        assert {"leaks.log", "journal", "audit.jsonl"} <= names
        left = [done.stdout.encode(), done.stderr.encode()]
        left += [path.read_bytes() for path in kept if path.name != "leaks.py"]
        for content in left:
            for form in forms(secret):
                assert form.encode() not in content
