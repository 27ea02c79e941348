"""Passwords and codes to log in with, by the word that stands beside them.

A password of letters alone is not told from other words, nor the four digits of a locker from a number.
"""

import re
from collections.abc import Iterator

_CODE = r"(?P<code>(?:[A-Z]-)?\d{4,8})(?!\d)"
_PASSWORD = r"(?P<code>(?=[!-~]*\d)[!-~]{6,}(?<![.,;]))"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:验证码|校验码|动态码|动态密码|确认码|随机码)[是为:：\s]*{_CODE}",
        r"(?<!\d)(?P<code>\d{4,8})(?=\s?[是为](?:您|你|我)?的?(?:登录|登陆)?(?:验证码|校验码|动态码))",
        r"\b(?:(?:verification|security|log-?in|sign-?in|one-?time|access|authentication|confirmation) (?:code|pin)|"
        rf"otp|your code|2fa(?: code)?)(?: is|:| =)*\s*{_CODE}",
        rf"\b{_CODE} (?:is|as) your (?:\w+ ){{0,3}}code\b",
        r"\bpin(?: code| number)?(?: is|:| =)\s*(?P<code>\d{4,6})(?!\d)",
        rf"\b(?:password|passwort|passcode|passwd|pwd|pw)(?: is|:| =)\s*{_PASSWORD}",
        rf"(?:密码|口令)[是为:：\s]*{_PASSWORD}",
    )
)


def codes(text: str) -> Iterator[tuple[int, int]]:
    """Yields where they stand."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield match.span("code")
