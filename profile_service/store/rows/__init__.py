"""The rows of plans: one frozen struct each, with a composite type `plan_<table>` of the same fields in PostgreSQL."""
