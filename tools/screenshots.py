"""Take the pictures of the Designer in docs/images/designer; needs playwright and chromium.

Makes a project in a temporary folder, trains it, and photographs each view.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images" / "designer"
DESKTOP, PHONE = {"width": 1360, "height": 860}, {"width": 400, "height": 820}
SET = ("--set", "solver.base_lr=0.005", "--set", "cfc1.cfc_param.hidden_size=64")


def command(*words: str) -> list[str]:
    """Return a command line of mycaffe."""
    return [sys.executable, "-m", "mycaffe_py", *words]


def main() -> None:
    """Make the pictures that the documentation shows; with --all, every view in four forms into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", metavar="FOLDER", help="every view, at two widths, dark and light")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "nets"
        folder.mkdir()
        subprocess.run(command("new", "project", "LiquidNN", "--folder", str(folder)), check=True)
        project = folder / "LiquidNN"
        train = command("train", "--solver", "solver.prototxt", "--quiet", "--device", "cpu")
        for seed, more in (("1", ()), ("2", SET)):
            subprocess.run(
                [*train, "--seed", seed, "--iterations", "1500", *more], cwd=project, check=True
            )
        server = subprocess.Popen(
            command("designer", str(folder), "--no-browser", "--port", "0"),
            env=os.environ | {"HOME": place},  # so that the folder is called ~/nets
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        live = subprocess.Popen([*train, "--seed", "1", "--iterations", "6000"], cwd=project)
        try:
            time.sleep(8)  # a run that has learned something, and goes on
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=given.chromium, args=["--no-sandbox", "--disable-gpu"]
                )
                if given.all:
                    everything(browser, url, Path(given.all))
                else:
                    documentation(browser, url, IMAGES)
                browser.close()
        finally:
            live.kill()
            server.terminate()


def open_page(browser: Any, url: str, *, phone: bool = False, dark: bool = False) -> Any:
    """Open the server's page in a context of its own."""
    context = browser.new_context(
        viewport=PHONE if phone else DESKTOP, color_scheme="dark" if dark else "light", is_mobile=phone,
        has_touch=phone, device_scale_factor=2 if phone else 1, reduced_motion="reduce",
    )  # fmt: skip
    page = context.new_page()
    page.goto(url)
    return page


def base(url: str) -> str:
    """Return the server's address without the token."""
    return url.partition("/?")[0]


def new_project(page: Any) -> None:
    """Open the dialog and type a name."""
    page.get_by_role("button", name="New project").first.click()
    page.get_by_label("Name", exact=True).fill("LiquidNN2")
    page.wait_for_timeout(1500)


def views(url: str) -> dict[str, tuple[str, Any]]:
    """Return each view's address, and what is done there before the picture."""
    project = f"{base(url)}/p/LiquidNN"
    return {
        "start": (f"{base(url)}/", None),
        "new": (f"{base(url)}/", new_project),
        "model": (f"{project}/model?layer=cfc1", None),
        "solver": (f"{project}/solver", None),
        "gym": (f"{project}/gym", None),
        "run": (f"{project}/runs/LiquidNetCfc/003", None),
        "done": (f"{project}/runs/LiquidNetCfc/002", None),
        "runs": (f"{project}/compare?runs=LiquidNetCfc/001,LiquidNetCfc/002", None),
    }


def take(page: Any, address: str, act: Any, path: Path) -> None:
    """Photograph a view."""
    page.goto(address)
    page.wait_for_timeout(2500)
    if act is not None:
        act(page)
    page.screenshot(path=path)
    print(re.sub(r"^.*/(?=docs/)", "", str(path)))


def documentation(browser: Any, url: str, folder: Path) -> None:
    """Take the pictures that the documentation shows."""
    folder.mkdir(parents=True, exist_ok=True)
    page = open_page(browser, url)
    for name in ("run", "new", "model", "solver", "runs"):  # the first while the run goes on
        take(page, *views(url)[name], folder / f"{name}.png")
    page.context.close()
    for name, view, phone in (("model-dark", "model", False), ("run-phone", "run", True)):
        page = open_page(browser, url, phone=phone, dark=True)
        take(page, *views(url)[view], folder / f"{name}.png")
        page.context.close()


def everything(browser: Any, url: str, folder: Path) -> None:
    """Take every view at two widths, dark and light."""
    folder.mkdir(parents=True, exist_ok=True)
    for phone in (False, True):
        for dark in (False, True):
            page = open_page(browser, url, phone=phone, dark=dark)
            for name, (address, act) in views(url).items():
                form = f"{'phone' if phone else 'desktop'}-{'dark' if dark else 'light'}"
                take(page, address, act, folder / f"{name}-{form}.png")
            page.context.close()


if __name__ == "__main__":
    main()
