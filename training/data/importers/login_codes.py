"""Tells the codes that companies send to log in with from what people write."""

import re

_CODE = re.compile(
    r"(?is)(?=.*\b\d[\d -]{2,8}\d\b)"
    r".*(?:\b(?:code|otp|passcode|pin|verification|tan)\b|验证码|驗證碼|校验码|認証|인증|код)"
)
_COMPANY = re.compile(r"106\d{4,}|95\d{3,6}|\+?\d{1,6}|.*[^\d+].*", re.DOTALL)


def is_login_code(sender: str, text: str) -> bool:
    """Says whether a text message is a code to log in with.

    sender: the number or name that it came from; only companies have names and short numbers. An address is a person's.
    """
    return "@" not in sender and _COMPANY.fullmatch(sender) is not None and _CODE.match(text) is not None
