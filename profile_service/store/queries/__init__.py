"""What is read and written: typed answers beside the SQL."""
