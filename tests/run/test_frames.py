"""live_frame.png: pictures that a gym makes itself."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mycaffe_py.events import Log, Observer, StepDone
from mycaffe_py.gym import Gym
from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.frames import FrameTaken, FrameTaker, FrameWriter
from mycaffe_py.run.png import png_bytes
from mycaffe_py.run.session import TrainingSession
from mycaffe_py.trainer import Trainer

STEP = StepDone(1, {"loss": 1.0}, 0.1)


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 7, 3), (64, 33, 3)])
def test_a_png_gives_its_pixels_back(rng, shape):
    pixels = rng.integers(0, 256, shape, dtype=np.uint8)
    image = Image.open(io.BytesIO(png_bytes(pixels)))
    assert image.mode == "RGB" and np.array_equal(np.asarray(image), pixels)


class Source:
    """A trainer's part that matters here."""

    def __init__(self, *frames):
        self.frames, self.asked = list(frames), 0

    def frame(self):
        self.asked += 1
        frame = self.frames[min(self.asked, len(self.frames)) - 1]
        if isinstance(frame, Exception):
            raise frame
        return frame


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [100.0]
    monkeypatch.setattr("mycaffe_py.run.frames.time.perf_counter", lambda: now[0])
    return now


def pixels(value=0):
    return np.full((2, 3, 3), value, dtype=np.uint8)


def test_at_most_two_a_second(clock):
    source, posted = Source(pixels()), []
    taker = FrameTaker(source, posted.append, posted.append)
    for moment in (0, 0.1, 0.49, 0.51, 0.6, 1.0, 1.02):
        clock[0] = 100 + moment
        taker.listener(Log("x"))
        taker.listener(STEP)
    assert source.asked == 3 and len(posted) == 3


def test_an_expensive_picture_comes_less_often(clock):
    class Slow(Source):
        def frame(self):
            clock[0] += 0.1
            return super().frame()

    source = Slow(pixels())
    taker = FrameTaker(source, lambda event: None, lambda text: None)
    for _ in range(100):
        taker.listener(STEP)
        clock[0] += 0.2
    assert source.asked == 4  # one in five seconds


def test_the_picture_is_kept_as_it_was(clock):
    frame, posted = pixels(1), []
    FrameTaker(Source(frame), posted.append, posted.append).listener(STEP)
    frame[...] = 9
    assert isinstance(posted[0], FrameTaken) and (posted[0].pixels == 1).all()


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (ValueError("no paint"), "no picture of the gym: ValueError: no paint"),
        ("text", "TypeError: frame() returned 'text'"),
        (np.zeros((2, 3)), r"float64 (2, 3); expected an array (H, W, 3) of uint8"),
        (np.zeros((2, 3, 4), np.uint8), "uint8 (2, 3, 4)"),
        (np.zeros((0, 3, 3), np.uint8), "uint8 (0, 3, 3)"),
    ],
)
def test_a_bad_picture_is_a_warning_and_the_last(clock, bad, said):
    source, posted, warnings = Source(bad), [], []
    taker = FrameTaker(source, posted.append, warnings.append)
    for _ in range(3):
        taker.listener(STEP)
        clock[0] += 60
    assert source.asked == 1 and posted == []
    assert len(warnings) == 1 and said in warnings[0]


def test_no_picture_now_may_be_one_later(clock):
    source, posted = Source(None, pixels()), []
    taker = FrameTaker(source, posted.append, posted.append)
    for _ in range(2):
        taker.listener(STEP)
        clock[0] += 1
    assert len(posted) == 1


def test_trainers_without_pictures_are_never_asked():
    assert not FrameTaker.suits(None) and Gym(None).frame() is None

    class Plain(Trainer):
        pass

    assert not FrameTaker.suits(object.__new__(Plain))


def test_the_newest_picture_is_written(tmp_path):
    writer = FrameWriter(tmp_path)
    writer.idle()
    assert list(tmp_path.iterdir()) == []
    writer.observe(FrameTaken(pixels(1)))
    writer.observe(FrameTaken(pixels(200)))
    writer.observe(STEP)
    writer.idle()
    assert (np.asarray(Image.open(tmp_path / "live_frame.png")) == 200).all()
    assert [path.name for path in tmp_path.iterdir()] == ["live_frame.png"]


class Warnings(Observer):
    def __init__(self):
        self.texts = []

    def observe(self, event):
        if isinstance(event, Log) and event.level == "warning":
            self.texts.append(event.text)


@pytest.mark.parametrize("broken", [False, True])
def test_a_run_of_a_gym_with_pictures(train_small, monkeypatch, broken):
    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])
    training, warnings = train_small(), Warnings()
    (gym,) = training.trainer.gyms.gyms

    def frame():
        return "no picture" if broken else pixels(7)

    monkeypatch.setattr(gym, "frame", frame)
    directory = RunDirectory.create("runs", "Net")
    outcome = TrainingSession(training, directory, observers=[warnings]).run()
    assert outcome.status == "done"
    assert ("live_frame.png" in outcome.files) == (not broken)
    assert len(warnings.texts) == broken
