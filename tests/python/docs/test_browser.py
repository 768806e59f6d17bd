"""The site as a browser has it: whole in itself, no error, no request to anywhere else."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from headwater import project as projects
from headwater.docs import build_front_page, build_site
from headwater.docs.serve import server
from headwater.project import Project

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """This repository's own site, of a warehouse without rows."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADWATER_WAREHOUSE", str(folder / "warehouse"))
        patch.setenv("HEADWATER_TARGET", "duckdb")
        patch.setenv("DBT_TARGET_PATH", str(folder / "target"))
        patch.setenv("DBT_LOG_PATH", str(folder / "logs"))
        project = projects.find(repository)
        build_site(project)
        yield project


@pytest.fixture(scope="module")
def address(site: Project) -> Iterator[str]:
    with server(site, 0) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    """Chromium without a screen; its logs say what it asked for and what went wrong."""
    from selenium import webdriver

    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    assert driver, "no chromedriver: apt-get install chromium-driver"
    assert chromium, "no chromium: apt-get install chromium"
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--window-size=1280,900", f"--user-data-dir={tmp_path / 'profile'}",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    found.get("about:blank")
    for log in ("browser", "performance"):
        found.get_log(log)
    yield found
    found.quit()


def requests(browser: Any) -> list[str]:
    messages = [json.loads(each["message"])["message"] for each in browser.get_log("performance")]
    return [
        each["params"]["request"]["url"]
        for each in messages
        if each["method"] == "Network.requestWillBeSent"
    ]


def console(browser: Any) -> list[str]:
    return [
        each["message"]
        for each in browser.get_log("browser")
        if each["level"] in ("SEVERE", "WARNING")
    ]


def follow(browser: Any, link: str) -> None:
    element = browser.find_element("link text", link)
    browser.execute_script("arguments[0].click()", element)


def settle(browser: Any, text: str) -> None:
    """Waits until the page shows `text`."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if text in browser.find_element("tag name", "body").text:
            return
        time.sleep(0.1)
    raise AssertionError(f"{text!r} is not in\n{browser.find_element('tag name', 'body').text}")


def test_the_front_page_has_no_error_and_asks_for_nothing_else(browser: Any, address: str) -> None:
    browser.get(f"{address}/")
    settle(browser, "Event types")
    settle(browser, "fct_streams")
    assert console(browser) == []
    assert requests(browser) == [f"{address}/"]


def test_dbt_s_documentation_has_no_error_and_asks_for_nothing_else(
    browser: Any, address: str
) -> None:
    browser.get(f"{address}/dbt.html")
    settle(browser, "headwater")
    time.sleep(0.5)
    assert console(browser) == []
    asked = [each for each in requests(browser) if not each.startswith(("data:", "blob:"))]
    assert asked == [f"{address}/dbt.html"]


def test_a_link_of_the_front_page_opens_that_model_and_another_leads_back(
    browser: Any, address: str
) -> None:
    browser.get(f"{address}/")
    settle(browser, "fct_streams")
    follow(browser, "fct_streams")
    settle(browser, "What was streamed")
    settle(browser, "Pseudonym of the account that listened.")
    assert console(browser) == []
    follow(browser, "State of the warehouse")
    settle(browser, "Event types on time")


def test_a_page_with_everything_on_it_is_as_clean_from_a_file(browser: Any, busy: Any) -> None:
    path = build_front_page(busy.project, busy.database)
    browser.get(path.as_uri())
    settle(browser, "need attention")
    assert console(browser) == []
    assert requests(browser) == [path.as_uri()]
    width = browser.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert width == 0
    browser.set_window_size(500, 900)
    width = browser.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert width == 0


def test_the_server_is_for_this_machine_only(address: str) -> None:
    host, port = address.removeprefix("http://").split(":")

    def get(path: str, name: str) -> int:
        connection = HTTPConnection(host, int(port), timeout=5)
        connection.request("GET", path, headers={"Host": name})
        return connection.getresponse().status

    assert get("/", "localhost:1") == 200
    assert get("/", "evil.example") == 403
    assert get("/../dbt_project.yml", "localhost") == 404
    assert get("/nothing", "localhost") == 404
