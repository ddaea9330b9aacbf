DROP TABLE quartermaster_leases;
DROP TABLE quartermaster_entries;
