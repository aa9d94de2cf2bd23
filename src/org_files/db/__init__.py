"""Database access: rows past filters and conflicts, and compiled queries."""
