"""The report in a browser, opened from disk: on a laptop and on a phone, in light and in dark."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from directories import reported_experiment, reported_run

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
LAPTOP, PHONE = (1400, "light"), (400, "dark")
SCREENS = [LAPTOP, (1400, "dark"), (400, "light"), PHONE]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not os.environ.get("CI"):
        pytest.importorskip("playwright")
    from playwright import sync_api

    with sync_api.sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        program = next(filter(None, map(shutil.which, NAMES)), str(own) if own.is_file() else None)
        if program is None:
            if os.environ.get("CI"):
                pytest.fail("CI needs a browser: install chromium, or run `playwright install chromium`")
            pytest.skip("no chromium on this machine")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


def new_page(browser: Any, **how: Any) -> Any:
    """A page of a context of its own, which waits for as long as a busy machine may take."""
    context = browser.new_context(**how)
    context.set_default_timeout(240_000)
    return context.new_page()


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reported_run(tmp_path_factory)


@pytest.fixture(params=[LAPTOP, PHONE], ids=lambda screen: f"{screen[0]}-{screen[1]}")
def page(request: pytest.FixtureRequest, browser: Any, run_dir: Path) -> Iterator[Any]:
    """The open page; afterwards: it must have asked for nothing but itself, and not complained."""
    width, scheme = request.param
    page = new_page(browser, viewport={"width": width, "height": 900}, color_scheme=scheme, has_touch=width < 500)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    address = (run_dir / "report" / "index.html").as_uri()
    page.goto(address)
    yield page
    assert [url for url in asked if not url.startswith("data:")] == [address]
    assert complaints == []
    page.context.close()


@pytest.mark.parametrize("page", SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}", indirect=True)
def test_fits_the_screen_and_follows_the_scheme(page: Any, request: pytest.FixtureRequest) -> None:
    width, scheme = request.node.callspec.params["page"]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    lightness = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (min(lightness) > 200) == (scheme == "light")
    drawn = page.locator("#agreement-regimes .drawing:visible text")
    assert drawn.count() > 10
    ink, fill = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.querySelector('#agreement-regimes "
        "svg [id*=legend] text')).fill]"
    )
    assert fill == ink
    size = "t => parseFloat(getComputedStyle(t).fontSize) * Math.hypot(t.getScreenCTM().a, t.getScreenCTM().b)"
    assert min(drawn.evaluate_all(f"all => all.map({size})")) >= 9


def test_values_are_those_of_the_run(page: Any, run_dir: Path) -> None:
    stored = json.loads((run_dir / "scores.json").read_text())["scores"]
    shown = page.eval_on_selector_all('.scores [data-field="value"]', "cells => cells.map(c => c.dataset.value)")
    assert [None if v == "" else float(v) for v in shown] == [s["value"] for s in stored]


def test_a_tile_tells_its_similarities(page: Any) -> None:
    facts = json.loads(page.locator("#grid-facts").text_content())
    panel = facts["panels"].index("N = 256")
    page.locator(".panels label", has_text="N = 256").click()
    tile = page.locator('tr[data-row="2"] .tile[data-column="3"]')
    tile.scroll_into_view_if_needed()
    tile.hover()
    readout = page.locator(".readout").inner_text()
    assert f"{facts['rows'][2]}, noise 3" in readout
    assert f"{facts['similarity'][panel][3][2][1]:.3f}" in readout
    assert f"number {facts['nearest'][panel][2][3]}" in readout
    framed = page.locator('tr[data-row="1"] .tile.match').count()
    expected = sum(column[2][1] > facts["threshold"] for column in facts["similarity"][panel])
    assert framed == expected
    assert 0 < expected < len(facts["noises"])
    assert f"{expected} of {len(facts['noises'])} match" in page.locator('tr[data-row="1"] th').inner_text()


def test_tapping_and_walking_with_the_keys(page: Any, request: pytest.FixtureRequest) -> None:
    start = page.locator('tr[data-row="1"] .tile[data-column="0"]')
    if request.node.callspec.params["page"][0] < 500:
        start.tap()
    else:
        start.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert "noise 1" in page.locator(".readout h3").inner_text()
    assert page.evaluate("document.activeElement.closest('tr').dataset.row") == "2"
    assert page.locator('.tile[tabindex="0"]').count() == 1
    page.keyboard.press("End")
    assert "noise 15" in page.locator(".readout h3").inner_text()


def test_the_panel_selector_changes_pictures_and_numbers(page: Any) -> None:
    tile = page.locator('tr[data-row="2"] .tile[data-column="0"]')
    before = tile.evaluate("t => getComputedStyle(t).backgroundImage"), page.locator(".readout").inner_text()
    page.locator(".panels label", has_text="N = 256").click()
    after = tile.evaluate("t => getComputedStyle(t).backgroundImage"), page.locator(".readout").inner_text()
    assert before[0] != after[0]
    assert "N = 256" in after[1]
    assert "N = 890." in before[1], "it opens at the most telling size"


def test_the_table_filters_and_sorts(page: Any, run_dir: Path) -> None:
    stored = json.loads((run_dir / "scores.json").read_text())["scores"]
    page.select_option('.filter [name="metric"]', "n50")
    assert page.locator(".scores tbody tr:visible").count() == sum(s["metric"] == "n50" for s in stored)
    page.select_option('.filter [name="metric"]', "")
    page.fill('.filter [name="text"]', "TEACHER")
    assert f"of {len(stored)} rows" in page.locator(".filter output").inner_text()
    page.fill('.filter [name="text"]', "")
    page.locator(".scores th button", has_text="value").click()
    values = page.eval_on_selector_all('.scores [data-field="value"]', "cells => cells.map(c => +c.dataset.value)")
    assert values == sorted(s["value"] for s in stored)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
@pytest.mark.parametrize("experiment", ["matrix", "solvers", "dynamics"])
def test_other_experiments_fit_every_screen(
    browser: Any, tmp_path_factory: pytest.TempPathFactory, experiment: str, screen: tuple[int, str]
) -> None:
    width, scheme = screen
    page = new_page(browser, viewport={"width": width, "height": 900}, color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((reported_experiment(tmp_path_factory, experiment) / "report" / "index.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    words = page.locator("#figures .drawing:visible text")
    assert words.count() > 50
    size = "t => parseFloat(getComputedStyle(t).fontSize) * Math.hypot(t.getScreenCTM().a, t.getScreenCTM().b)"
    assert min(words.evaluate_all(f"all => all.map({size})")) >= 9
    cut = "f => { const b = f.getBoundingClientRect(); return b.left < 0 || b.right > innerWidth; }"
    assert not any(page.locator("#figures .drawing:visible text").evaluate_all(f"all => all.map({cut})"))
    page.locator('tr[data-row="1"] .tile[data-column="2"]').click()
    assert "noise 2" in page.locator(".readout h3").inner_text()
    assert page.locator(".panels").is_visible() == (experiment != "matrix")
    if experiment != "matrix":
        page.locator(".panels label").last.click()
        assert page.locator(".panels label").last.inner_text() in page.locator(".readout").inner_text()
    assert complaints == []
    page.context.close()


def contrast(colours: tuple[list[float], list[float]]) -> float:
    """Of two sRGB colours, by WCAG 2."""

    def luminance(colour: list[float]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted(map(luminance, colours))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_numbers_stand_out_from_the_darkest_cell(
    browser: Any, tmp_path_factory: pytest.TempPathFactory, scheme: str
) -> None:
    page = new_page(browser, color_scheme=scheme)
    page.goto((reported_experiment(tmp_path_factory, "matrix") / "report" / "index.html").as_uri())
    colour = "p => getComputedStyle(p).{}.match(/[\\d.]+/g).map(Number)"
    paper = page.locator("body").evaluate(colour.format("backgroundColor"))
    ink = page.locator("#matrix .drawing.wide text", has_text="mlp-vp").evaluate(colour.format("fill"))
    cells = page.locator('#matrix .drawing.wide path[style*="--heat"]')
    fill = cells.first.evaluate(colour.format("fill"))
    opacity = max(cells.evaluate_all("all => all.map(c => Number(getComputedStyle(c).opacity))"))
    assert opacity == 0.8  # the scale ends at RP 1
    darkest = [opacity * f + (1 - opacity) * p for f, p in zip(fill, paper, strict=True)]
    assert contrast((ink, darkest)) >= 4.5
    page.context.close()


SMUGGLED = (
    "<script>document.title = 'smuggled'</script>",
    "<img src=data: onerror=\"document.title = 'smuggled'\">",
    "<svg onload=\"document.title = 'smuggled'\"></svg>",
    "<script src=\"data:text/javascript,document.title='smuggled'\"></script>",
    "<iframe srcdoc=\"<script>parent.document.title = 'smuggled'</script>\"></iframe>",
)


@pytest.mark.parametrize("smuggled", SMUGGLED)
def test_no_script_but_the_page_s_own_runs(browser: Any, run_dir: Path, tmp_path: Path, smuggled: str) -> None:
    """Were a text not escaped, what is in it would still be dead."""
    html = (run_dir / "report" / "index.html").read_text(encoding="utf-8")
    (tmp_path / "page.html").write_text(html.replace("<main>", f"<main>{smuggled}"), encoding="utf-8")
    page = new_page(browser)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_timeout(200)
    assert page.title() != "smuggled"
    assert any("Content Security Policy" in text for text in refused)
    page.fill('.filter [name="text"]', "TEACHER")
    assert " of " in page.locator(".filter output").inner_text(), "its own does"
    page.press('.filter [name="text"]', "Enter")
    assert page.url == (tmp_path / "page.html").as_uri(), "the filter is sent nowhere"
    page.context.close()
