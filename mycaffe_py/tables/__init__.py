"""Tables as people have them: their columns, numbers and times."""

from .cells import plain_time as plain_time
from .clock import BadTime as BadTime, Clock as Clock
from .frames import table_of as table_of
from .lent import (
    give_back as give_back,
    is_lent_name as is_lent_name,
    lend as lend,
    lent as lent,
)
from .matching import match_columns as match_columns
from .numbers import (
    GAPS as GAPS,
    MAX_MAGNITUDE as MAX_MAGNITUDE,
    is_gap as is_gap,
    number as number,
)
from .reading import find_table as find_table, read_table as read_table
from .steps import typical_step as typical_step
from .table import (
    EPOCH as EPOCH,
    Table as Table,
    date as date,
    days as days,
    time_number as time_number,
)
