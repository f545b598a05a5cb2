"""Pages, tables and notebook outputs."""
