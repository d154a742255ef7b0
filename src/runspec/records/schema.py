"""The tables of the history, and every statement that writes to them."""

from __future__ import annotations

VERSION = 1
"""Of the schema, as `PRAGMA user_version`; a higher one is left alone."""
APPLICATION = 0x72756E73
"""`runs`, as `PRAGMA application_id`: whose database it is."""

CREATE = (
    """
    CREATE TABLE runs (
        run TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        parent TEXT, via TEXT, runnable TEXT NOT NULL DEFAULT '', command TEXT,
        spec TEXT, began INTEGER, agent INTEGER, autonomy TEXT, arguments TEXT,
        label TEXT, cwd TEXT, pid INTEGER, start TEXT, uid INTEGER, euid INTEGER,
        login INTEGER, ssh TEXT, host TEXT, claims TEXT,
        principal TEXT,
        ended INTEGER, status INTEGER, ending TEXT, code TEXT, detail TEXT,
        counts TEXT,
        noticed INTEGER
    )
    """,
    "CREATE TABLE journals (name TEXT PRIMARY KEY, taken INTEGER NOT NULL)",
    "CREATE INDEX runs_began ON runs (began)",
    "CREATE INDEX runs_runnable ON runs (runnable, run)",
    "CREATE INDEX runs_state ON runs (state, run)",
    "CREATE INDEX runs_status ON runs (status, run)",
    "CREATE INDEX runs_uid ON runs (uid, run)",
)
"""Times are nanoseconds since the epoch. `state` is one of rows.STATES, `status` the
exit status or minus a signal, `noticed` when a run was found to be lost. `taken` is how
many bytes of a journal were taken over."""

BEGIN = """
    INSERT INTO runs (
        run, state, parent, via, runnable, command, spec, began, agent, autonomy,
        arguments, label, cwd, pid, start, uid, euid, login, ssh, host, claims,
        principal
    ) VALUES (
        :run, 'running', :parent, :via, :runnable, :command, :spec, :began, :agent,
        :autonomy, :arguments, :label, :cwd, :pid, :start, :uid, :euid, :login, :ssh,
        :host, :claims, :principal
    ) ON CONFLICT (run) DO UPDATE SET
        parent = excluded.parent, via = excluded.via, runnable = excluded.runnable,
        command = excluded.command, spec = excluded.spec, began = excluded.began,
        agent = excluded.agent, autonomy = excluded.autonomy,
        arguments = excluded.arguments, label = excluded.label, cwd = excluded.cwd,
        pid = excluded.pid, start = excluded.start, uid = excluded.uid,
        euid = excluded.euid, login = excluded.login, ssh = excluded.ssh,
        host = excluded.host, claims = excluded.claims, principal = excluded.principal
"""

END = """
    INSERT INTO runs (
        run, state, began, ended, status, ending, code, detail, counts
    ) VALUES (
        :run, :state, :began, :ended, :status, :ending, :code, :detail, :counts
    ) ON CONFLICT (run) DO UPDATE SET
        state = excluded.state, status = excluded.status,
        ended = excluded.ended, ending = excluded.ending, code = excluded.code,
        detail = excluded.detail, counts = excluded.counts, noticed = NULL
"""
LOST = """
    UPDATE runs SET state = 'lost', noticed = :noticed
    WHERE run = :run AND state = 'running'
"""

READ_FIRST = "SELECT * FROM runs ORDER BY rowid"
READ_LAST = "SELECT * FROM runs ORDER BY rowid DESC"
"""All rows; both ways, where a damaged page stands in between."""

COPY = """
    INSERT OR IGNORE INTO runs VALUES (
        ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
        ?, ?, ?
    )
"""
"""A row of another database."""
READ_JOURNALS = "SELECT name, taken FROM journals"

HOW_MUCH = "SELECT taken FROM journals WHERE name = ?"
TAKEN = "INSERT OR REPLACE INTO journals (name, taken) VALUES (?, ?)"
GONE = "DELETE FROM journals WHERE name = ?"
