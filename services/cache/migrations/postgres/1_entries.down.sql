DROP TABLE quartermaster_entries;
