"""Errors of trainer and gym in the words of a forecaster's parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from mycaffe_py.errors import ConfigError, DataError, DivergedError, PrototxtError

_WORDS = (
    (re.compile(r"; [^;]*--set .*"), ""),  # advice for the command line
    (re.compile(r"gym Series: |trainer SERIES: "), ""),
    (re.compile(r" ?\(series_param\.csv_file\)"), ""),
    (re.compile(r"table:[0-9]+"), "the table"),
    (re.compile(r"(series_param|series_trainer_param)\."), ""),
    (re.compile(r"\b(value|input|known_input)_column\b"), r"\1_columns"),
    (re.compile(r"series_param"), "the forecaster"),
    (re.compile(r"set (the forecaster\.)?time_format"), "convert them by pandas.to_datetime"),
    (re.compile(r"\bthe file\b"), "the table"),
    (re.compile(r"the gym's file"), "the table"),
)


@contextmanager
def in_our_words() -> Iterator[None]:
    """Raise errors about settings and data with the names of parameters instead of the settings'."""
    try:
        yield
    except DivergedError as error:
        raise DivergedError(error.message, hint="lower learning_rate") from error
    except PrototxtError as error:
        problem = error.problems[0]
        cls = DataError if problem.code == DataError.code else ConfigError
        raise cls(_said(problem.message), hint=problem.hint and _said(problem.hint)) from error
    except (ConfigError, DataError) as error:
        if type(error) not in (ConfigError, DataError):
            raise
        raise type(error)(_said(error.message), hint=error.hint and _said(error.hint)) from error


def _said(text: str) -> str:
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    return text
