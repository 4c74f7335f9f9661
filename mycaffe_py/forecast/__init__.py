"""Forecasts: predictions with their bands as numbers, as CSV text and as a picture."""

from mycaffe_py.drawing.style import short_dates as short_dates  # by its place before 0.2
from mycaffe_py.tables import plain_time as plain_time

from .asking import forecast_of as forecast_of
from .forecast import Forecast as Forecast
from .picture import band_name as band_name
from .several import Forecasts as Forecasts
