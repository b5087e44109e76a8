"""The record of calls in a SQLite file of Puzi's: `fill FILE ROWS` puts lines in that are too old, `read FILE` tells of it."""

import json
import sqlite3
import sys
import time

DAY = 86_400_000


def fill(db, rows):
    account = db.execute("SELECT MIN(id) FROM accounts").fetchone()[0]
    begin = int(time.time() * 1000) - 90 * DAY
    line = (
        "INSERT INTO calls (account_id, at, outgoing, endpoint, us, sent, received, attempt, node, origin, message_key, "
        "has_bodies) VALUES (?, ?, 0, 'push:text', 900, 300, 400, 1, 'bench', 'serve', randomblob(24), 0)"
    )
    with db:
        db.executemany(line, ((account, begin + at) for at in range(rows)))


def read(db):
    one = lambda sql: db.execute(sql).fetchone()[0] or 0
    print(
        json.dumps(
            {
                "lines": one("SELECT COUNT(*) FROM calls WHERE node <> 'bench'"),
                "due": one("SELECT COUNT(*) FROM calls WHERE node = 'bench'"),
                "left_out": one("SELECT SUM(lines) FROM call_left_out"),
                "figures": one("SELECT SUM(calls) FROM call_figures WHERE NOT outgoing"),
            }
        )
    )


with sqlite3.connect(sys.argv[2], timeout=30) as database:
    if sys.argv[1] == "fill":
        fill(database, int(sys.argv[3]))
    else:
        read(database)
