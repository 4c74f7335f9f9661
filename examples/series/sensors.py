"""A cold room, simulated: writes sensors.csv, of three sensors that report at moments of their own.

Temperature comes every 10 minutes, humidity every 25, and the state of the door, 1 while it is open, every 5; one
reading in 20 is lost. While the door is open, the air warms up towards 18 degrees within 25 minutes (the time constant)
and dries towards 60 %; while it is closed, it cools down towards 4 degrees within 40 minutes and its humidity rises
towards 85 %. The rows with both temperature and humidity are written to complete.csv.
"""

from __future__ import annotations

import csv
from datetime import datetime, timedelta

import numpy as np

DAYS = 10
# Towards what, within how many minutes.
OPEN = {"temperature": (18.0, 25.0), "humidity": (60.0, 15.0)}
CLOSED = {"temperature": (4.0, 40.0), "humidity": (85.0, 60.0)}
EVERY = {"temperature": 10, "humidity": 25, "door": 5}  # minutes
LOST = 0.05
BETWEEN, LONG = 70, 25  # minutes that the door is closed and open, on average


def simulate(seed: int = 1) -> list[list[str]]:
    """Return the rows of the table: time, temperature, humidity, door; an empty cell where a sensor was silent."""
    rng = np.random.default_rng(seed)
    temperature, humidity, door = 4.0, 85.0, 0
    until = rng.exponential(BETWEEN)
    rows = []
    for minute in range(DAYS * 24 * 60):
        if minute >= until:
            door = 1 - door
            until += rng.exponential(LONG if door else BETWEEN)
        goals = OPEN if door else CLOSED
        goal, within = goals["temperature"]
        temperature += (goal - temperature) / within
        goal, within = goals["humidity"]
        humidity += (goal - humidity) / within
        read = {
            "temperature": f"{temperature + 0.1 * rng.standard_normal():.1f}",
            "humidity": f"{humidity + 0.5 * rng.standard_normal():.1f}",
            "door": str(door),
        }
        cells = [
            text if minute % EVERY[name] == 0 and rng.random() >= LOST else ""
            for name, text in read.items()
        ]
        if any(cells):
            time = datetime(2026, 1, 5) + timedelta(minutes=minute)
            rows.append([f"{time:%Y-%m-%d %H:%M}", *cells])
    return rows


def complete(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows with both temperature and humidity, with the door as it was last known."""
    found, door = [], ""
    for time, temperature, humidity, switch in rows:
        door = switch or door
        if temperature and humidity:
            found.append([time, temperature, humidity, door])
    return found


def write(name: str, rows: list[list[str]]) -> None:
    """Write a CSV file."""
    with open(name, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(
            [["time", "temperature", "humidity", "door"], *rows]
        )


if __name__ == "__main__":
    table = simulate()
    write("sensors.csv", table)
    write("complete.csv", complete(table))
    print(f"sensors.csv: {len(table)} rows; complete.csv: {len(complete(table))} of them")
