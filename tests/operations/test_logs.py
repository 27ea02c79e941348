"""What reaches the log, and what never may."""

import io
import logging
import warnings
from collections.abc import Callable

import pytest

from adapters.telegram import TOKEN as TELEGRAM
from bot.errors import PassingError
from bot.logs import start_logging

TOKEN = "123456789:" + "AbCdEfGhIjKlMnOpQrStUvWxYz012345678"
WEB = "q3uZ8w_short-own-token"


def logged(act: Callable[[], None], level: int = logging.INFO) -> str:
    stream = io.StringIO()
    start_logging([WEB], level, stream, known=[TELEGRAM])
    act()
    return stream.getvalue()


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def test_a_token_is_cut_from_message_and_arguments() -> None:
    log = logging.getLogger("adapters.telegram")
    text = logged(lambda: log.info("GET https://api.telegram.org/bot%s/getMe?key=%s", TOKEN, WEB))
    assert "[token]" in text and TOKEN not in text and TOKEN[10:] not in text and WEB not in text


def test_a_token_is_cut_from_a_traceback_and_its_causes() -> None:
    try:
        try:
            raise OSError(f"cannot connect to /bot{TOKEN}/getUpdates")
        except OSError as cause:
            raise PassingError(f"see {WEB}") from cause
    except PassingError as error:
        caught = error
    text = logged(lambda: logging.getLogger("x").error("Failed.", exc_info=caught))
    assert "cannot connect to /bot[token]/getUpdates" in text and "see [token]" in text and "raise PassingError" in text
    assert TOKEN not in text and WEB not in text


def test_a_token_percent_encoded_in_an_address_is_cut_too() -> None:
    encoded = TOKEN.replace(":", "%3A")
    assert TOKEN[10:] not in logged(lambda: logging.getLogger("x").warning("GET /bot%s/x", encoded))


def test_what_a_contact_wrote_does_not_come_in_by_an_exceptions_message() -> None:
    error = raised(ValueError("could not convert: 'I am so sad today'"))
    grouped = ExceptionGroup("several", [raised(KeyError("I am so sad today"))])
    for one in (error, raised(grouped)):
        text = logged(lambda one=one: logging.getLogger("x").error("A chat failed.", exc_info=one))  # type: ignore[misc]
        assert "sad" not in text and "test_logs.py" in text
    assert "ValueError: (message withheld)" in logged(lambda: logging.getLogger("x").error("Failed.", exc_info=error))


def test_libraries_that_log_addresses_are_quiet() -> None:
    def chatter() -> None:
        logging.getLogger("httpx").info("HTTP Request: POST https://api.telegram.org/bot…")
        logging.getLogger("aiohttp.access").info("GET /?token=…")
        logging.getLogger("some.library").info("user said …")
        logging.getLogger("botocore").info("…")
        logging.getLogger("discord.gateway").debug("For Shard ID None: WebSocket Event: {'content': …}")

    assert logged(chatter, logging.DEBUG) == ""


def test_warnings_go_to_the_log() -> None:
    def warn() -> None:
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)

    with warnings.catch_warnings():
        assert "DeprecationWarning: old" in logged(warn)


def test_no_other_handler_stays() -> None:
    leak = io.StringIO()
    logging.getLogger().addHandler(logging.StreamHandler(leak))
    logged(lambda: logging.getLogger("bot.x").info("%s", TOKEN))
    assert leak.getvalue() == ""


def test_in_journald_lines_carry_their_priority_and_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    text = logged(lambda: logging.getLogger("bot").error("one\ntwo"))
    assert text == "<3>bot: one\n<3>two\n"


# -- a fault that comes back at once -----------------------------------------------------------------------------------


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def raising(error: Exception) -> None:
    """As asyncio tells of each connection that it cannot take."""
    logging.getLogger("asyncio").error("socket.accept() out of system resource", exc_info=raised(error))


def test_of_one_kind_so_many_are_written_and_the_rest_is_counted() -> None:
    stream, clock = io.StringIO(), Clock()
    start_logging([WEB], stream=stream, clock=clock)
    for number in range(5_000):
        clock.now = number / 100
        raising(OSError(24, "Too many open files"))
        logging.getLogger("bot.chat").warning("A chat waits %d s: %s", number, "the disk is full")
    logging.getLogger("bot.chat").warning("Another sentence.")
    written = stream.getvalue()
    assert written.count("asyncio: socket.accept() out of system resource") == 10
    assert written.count("OSError: [Errno 24]") == 10
    assert written.count("bot.chat: A chat waits") == 10 and "A chat waits 0 s: the disk is full" in written
    assert "Another sentence." in written, "one kind does not hide another"
    clock.now = 61.0
    logging.getLogger("bot").info("Ready.")
    later = stream.getvalue().removeprefix(written)
    assert "asyncio: 4990 more of these were left out, the last: socket.accept() out of system resource" in later
    assert "bot.chat: 4990 more of these were left out, the last: A chat waits 4999 s: the disk is full" in later
    raising(OSError(24, "Too many open files"))
    assert stream.getvalue().removeprefix(written + later).count("asyncio: socket.accept() out") == 1, "a minute later"


def test_another_error_under_the_same_words_is_another_kind() -> None:
    stream = io.StringIO()
    start_logging(stream=stream, clock=Clock())
    for _ in range(50):
        raising(OSError(24, "Too many open files"))
    raising(RuntimeError("a bug"))
    assert "RuntimeError: a bug" in stream.getvalue()


def test_ready_sentences_are_told_apart_by_their_words() -> None:
    stream = io.StringIO()
    start_logging(stream=stream, clock=Clock())
    for number in range(50):
        logging.getLogger("bot").error("%s", PassingError("The network is away."))
        logging.getLogger("bot").error("%s", PassingError(f"Sentence {number}."))
    assert stream.getvalue().count("The network is away.") == 10
    assert stream.getvalue().count("Sentence ") == 50


def test_work_done_is_told_piece_by_piece() -> None:
    stream = io.StringIO()
    start_logging(stream=stream, clock=Clock())
    for number in range(50):
        logging.getLogger("bot.conversation").info("Decision on %s, entry %d", "web", number)
    assert stream.getvalue().count("Decision on web") == 50


def test_at_the_end_it_is_said_how_many_were_left_out_and_no_token_with_it() -> None:
    stream = io.StringIO()
    handler = start_logging([WEB], stream=stream, clock=Clock())
    for _ in range(12):
        logging.getLogger("bot").warning("refused: %s", WEB)
    handler.close()
    assert stream.getvalue().endswith("WARNING bot: 2 more of these were left out, the last: refused: [token]\n")
    assert WEB not in stream.getvalue()
