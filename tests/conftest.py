"""Settings for every test, and a browser and a JupyterLab for those that look at pages."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from autograder.light_imports import without_grammars

# No GPU unless a test asks for one, and TensorFlow without its start-up lines.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

# A second and a half for every test process.
without_grammars()

# A failure is a change of ours, never new examples; HYPOTHESIS_PROFILE=default draws new ones.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

# Minutes each. They go first: two processes take a file at a time, and whoever gets one of these last would
# work on it alone.
LONGEST = ("classroom/test_agreement.py", "classroom/test_class.py", "course/conformance/test_training.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((n for n, end in enumerate(LONGEST) if path.endswith(end)), len(LONGEST))

    items.sort(key=place)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        if os.environ.get("CI"):
            pytest.fail("chromium and chromium-driver are installed in CI")
        pytest.skip("chromium or chromedriver is missing (Debian: chromium, chromium-driver)")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "--headless=new",
        "--no-sandbox",  # Chromium's own sandbox does not start as root
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--window-size=1200,1600",
        # Nothing outside this machine is there to be asked.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield started
    started.quit()


@pytest.fixture
def wait_for(browser: Any) -> Callable[[str], str]:
    """Waits until the page shows a text, and gives all that it shows."""
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    def wait(text: str) -> str:
        def there(driver: Any) -> str | bool:
            body = driver.find_element(By.TAG_NAME, "body").text
            return body if text in body else False

        waiting = WebDriverWait(browser, 90, ignored_exceptions=[StaleElementReferenceException])
        return waiting.until(there, f"the page never showed {text!r}")

    return wait


@pytest.fixture
def picture(browser: Any, request: pytest.FixtureRequest) -> Iterator[Callable[[str], None]]:
    """Keeps a screenshot where the environment asks for it, to be looked at, and one of the end."""

    def take(name: str) -> None:
        if folder := os.environ.get("AUTOGRADER_PICTURES"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            browser.save_screenshot(str(Path(folder, f"{name}.png")))

    yield take
    take(f"end-of-{request.node.name}")


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """Starts JupyterLab in a folder, as a person does; gives its address, with a place for the path.

    The variable AUTOGRADER_JUPYTER names the ``bin`` folder of another environment to take it from.
    """
    started = []

    def start(folder: Path) -> str:
        home = tmp_path_factory.mktemp("home")
        chosen = {
            # The question about news would lie over the page.
            "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
            # Every cell is drawn, those far from the window too.
            "notebook-extension/tracker": {"windowingMode": "none"},
        }
        for name, values in chosen.items():
            path = home / ".jupyter/lab/user-settings/@jupyterlab" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        token = secrets.token_hex(16)
        programs = os.environ.get("AUTOGRADER_JUPYTER", str(Path(sys.executable).parent))
        started.append(
            subprocess.Popen(
                [
                    f"{programs}/jupyter-lab",
                    "--no-browser",
                    "--allow-root",
                    "--ip=127.0.0.1",
                    f"--port={port}",
                    f"--IdentityProvider.token={token}",
                    f"--ServerApp.root_dir={folder}",
                ],
                cwd=folder,
                env={"HOME": str(home), "PATH": f"{programs}:{os.environ['PATH']}", "LANG": "C.UTF-8"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        address = f"http://127.0.0.1:{port}"
        for _ in range(480):
            try:
                urllib.request.urlopen(f"{address}/api?token={token}", timeout=5)
                return f"{address}/{{}}?token={token}"
            except (urllib.error.URLError, OSError):
                time.sleep(0.25)
        pytest.fail("JupyterLab does not answer")

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=30)
