"""Maps in a browser: one points at a place, taps it or walks there, and sees what is drawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from maps_made import COLUMNS, LINES, MARKED, build_maps

from samenoise.report import write_report
from tests.browser.test_report_page import LAPTOP, PHONE, SCREENS, browser, new_page

__all__ = ["browser"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_report(build_maps(tmp_path_factory.mktemp("maps"))).as_uri()


@pytest.fixture(params=[LAPTOP, PHONE], ids=lambda screen: f"{screen[0]}-{screen[1]}")
def page(request: pytest.FixtureRequest, browser: Any, address: str) -> Iterator[Any]:
    width, scheme = request.param
    page = new_page(browser, viewport={"width": width, "height": 900}, color_scheme=scheme, has_touch=width < 500)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    yield page
    assert complaints == []
    page.context.close()


def facts(page: Any) -> Any:
    return json.loads(page.locator("#map-facts").text_content())


def chosen(page: Any) -> list[tuple[int, int]]:
    """Row and column of the picture that is shown under each sheet."""
    read = "all => all.map(t => [t.style.getPropertyValue('--r'), t.style.getPropertyValue('--c')].map(Number))"
    return [tuple(place) for place in page.locator("#maps .thumb").evaluate_all(read)]


@pytest.mark.parametrize("page", SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}", indirect=True)
def test_fits_the_screen_and_starts_at_the_first_marked_place(page: Any) -> None:
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert chosen(page) == [divmod(MARKED[0], COLUMNS)] * 3
    assert "Place 1, row 2, column 2" in page.locator("#map-readout").inner_text()
    ratio = page.locator("#maps .sheet").first.evaluate("s => s.clientWidth / s.clientHeight")
    assert ratio == pytest.approx(COLUMNS / LINES, rel=0.05)


def point(page: Any, row: int, column: int, sheet: int = 0) -> None:
    target = page.locator("#maps .sheet").nth(sheet)
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    x, y = box["x"] + box["width"] * (column + 0.5) / COLUMNS, box["y"] + box["height"] * (row + 0.5) / LINES
    if page.viewport_size["width"] < 500:
        page.touchscreen.tap(x, y)
    else:
        page.mouse.move(x, y)


def test_pointing_shows_what_every_generator_draws_there(page: Any) -> None:
    known = facts(page)
    point(page, 3, 4, sheet=1)
    assert chosen(page) == [(3, 4)] * 3
    place = 3 * COLUMNS + 4
    for r, text in enumerate(page.locator("#maps .shown small").all_inner_texts()):
        assert text == f"like {known['nearest'][0][r][place] + 1}: {known['similarity'][0][r][place]:.2f}"
    said = page.locator("#map-readout").inner_text()
    assert said.startswith("N = 8. Row 4, column 5; ")
    for r, label in enumerate(known["rows"]):
        group = next(part for part in said.split("; ") if label in part)
        assert f"most like {known['nearest'][0][r][place] + 1}:" in group
    assert page.locator("#maps .cross:visible").count() == 3


def test_walking_with_the_keys_stops_at_the_edge(page: Any) -> None:
    page.locator("#maps .sheet").first.focus()
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    assert chosen(page)[0] == (0, 0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert chosen(page) == [(1, 2)] * 3


def test_another_sheet_changes_colours_pictures_and_numbers(page: Any) -> None:
    read = "s => getComputedStyle(s).backgroundImage"
    before = page.locator("#maps .sheet").first.evaluate(read), page.locator("#maps .thumb").first.evaluate(read)
    page.locator("#maps .panels label", has_text="N = 64").click()
    after = page.locator("#maps .sheet").first.evaluate(read), page.locator("#maps .thumb").first.evaluate(read)
    assert before[0] != after[0]
    assert before[1] != after[1]
    assert page.locator("#map-readout").inner_text().startswith("N = 64. Place 1")
    assert page.locator("#maps .map:visible").count() == 2, "the third draws nothing here"


def test_the_grid_is_left_as_it_is(page: Any) -> None:
    opened = page.locator(".explorer").get_attribute("data-panel")
    page.locator("#maps .panels label", has_text="N = 64").click()
    assert page.locator(".explorer").get_attribute("data-panel") == opened
    page.locator("#grid .panels label", has_text="N = 256").click()
    assert page.locator(".atlas").get_attribute("data-sheet") == "1"
    assert page.locator(".explorer").get_attribute("data-panel") != opened


def test_without_script_the_marked_place_is_shown(browser: Any, address: str) -> None:
    page = new_page(browser, java_script_enabled=False)
    page.goto(address)
    assert chosen_style(page) == "--r:1;--c:1"
    assert page.locator("#maps .sheet").count() == 3
    page.context.close()


def chosen_style(page: Any) -> str:
    return str(page.locator("#maps .thumb").first.get_attribute("style"))
