"""The only place with SQL, keys and connections. Queries stand in sql/*.sql, the schema in migrations/*.sql."""
