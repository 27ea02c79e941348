"""Reads exported chats into the corpus, one module a format."""

from training.importers.report import ChatReport, FileReport, ImportReport
from training.importers.run import Options, import_paths

__all__ = ["ChatReport", "FileReport", "ImportReport", "Options", "import_paths"]
