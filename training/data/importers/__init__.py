"""Reads exported chats into the corpus, one module a format."""

from training.data.importers.addressbook import AddressBook
from training.data.importers.report import ChatReport, FileReport, ImportReport
from training.data.importers.run import FoundFile, Options, find_files, import_paths

__all__ = [
    "AddressBook",
    "ChatReport",
    "FileReport",
    "FoundFile",
    "ImportReport",
    "Options",
    "find_files",
    "import_paths",
]
