-- What is remembered. `value` comes last: the columns before it are read without it.
CREATE TABLE quartermaster_entries (
    kind INTEGER NOT NULL,
    key BLOB NOT NULL,
    -- The form of `value`; a program that knows another one takes the row as absent.
    format INTEGER NOT NULL,
    -- Bytes that the row takes.
    size INTEGER NOT NULL,
    -- Milliseconds since 1970.
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT;

-- Pruning goes through the rows from those that have not been used for longest.
CREATE INDEX quartermaster_entries_by_use ON quartermaster_entries (used_at);

-- Who computes what at present, among the processes that share this file. A holder renews its row
-- before it expires, and one that crashed does not.
CREATE TABLE quartermaster_leases (
    kind INTEGER NOT NULL,
    key BLOB NOT NULL,
    holder BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
