"""Feeds mycaffe-py with input that nobody would write on purpose, and reports every answer that is not documented.

    python -m tools.fuzz                                  all kinds, 200 cases each
    python -m tools.fuzz prototxt tables --seconds 60     two kinds, 60 seconds in all
    python -m tools.fuzz images --seed 7 --case 123       one case again, with its traceback

Case number k of a kind follows from the seed and k alone. What comes out must be a result or one of the errors of
``mycaffe_py/errors.py``, without a loose warning, within some seconds of computing and some memory. Anything else is a
finding; its input, command and traceback are written to a folder. The exit code is 1 if there is a finding.
"""
