-- What is remembered.
CREATE TABLE quartermaster_entries (
    kind SMALLINT NOT NULL,
    key BYTEA NOT NULL,
    -- The form of `value`; a program that knows another one takes the row as absent.
    format INTEGER NOT NULL,
    -- Bytes that the row takes.
    size BIGINT NOT NULL,
    -- Milliseconds since 1970.
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    value BYTEA NOT NULL,
    PRIMARY KEY (kind, key)
);

-- Values are compressed already.
ALTER TABLE quartermaster_entries ALTER COLUMN value SET STORAGE EXTERNAL;

-- Pruning goes through the rows from those that have not been used for longest, and adds up sizes
-- without reading the rows.
CREATE INDEX quartermaster_entries_by_use ON quartermaster_entries (used_at) INCLUDE (size);
