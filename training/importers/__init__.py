"""Reads exported chats into the corpus, one module a format."""

from training.importers.report import ChatReport, FileReport, ImportReport
from training.importers.run import FoundFile, Options, find_files, import_paths

__all__ = ["ChatReport", "FileReport", "FoundFile", "ImportReport", "Options", "find_files", "import_paths"]
