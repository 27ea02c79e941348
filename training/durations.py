"""How long something will take, in words."""

import math


def in_words(seconds: float) -> str:
    """Returns `14 minutes`, rounded up, or `2.5 hours` from 100 minutes on."""
    minutes = math.ceil(seconds / 60)
    if minutes >= 100:
        return f"{seconds / 3600:.1f} hours"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
