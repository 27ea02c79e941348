"""In which language the person at the terminal reads."""

import os


def terminal_language() -> str:
    """ "zh" where the machine's locale is Chinese, else "en"."""
    locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return "zh" if locale.lower().startswith("zh") else "en"
