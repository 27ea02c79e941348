"""The panels of the report, a folder each."""
