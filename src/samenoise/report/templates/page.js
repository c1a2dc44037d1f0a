"use strict";

/* The same-noise grid: one tile is chosen; tiles of its column that match it, and in the other columns those that
   match the chosen row, are framed; the readout says how similar they are. */
(() => {
  const source = document.getElementById("grid-facts");
  if (!source) return;
  const facts = JSON.parse(source.textContent);
  const explorer = document.querySelector(".explorer");
  const readout = explorer.querySelector(".readout");
  const rows = [...explorer.querySelectorAll(".tiles tbody tr")];
  const tiles = rows.map((row) => [...row.querySelectorAll(".tile")]);
  const state = { panel: 0, row: Number(explorer.dataset.row), column: 0 };

  const similarity = (column, row) => facts.similarity[state.panel][column][state.row][row];
  const matches = (value) => value !== null && value > facts.threshold;

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function line(row) {
    const value = similarity(state.column, row);
    const item = element("li", matches(value) ? "match" : "");
    const thumb = element("span", "thumb");
    thumb.style.setProperty("--r", row);
    thumb.style.setProperty("--c", state.column);
    const bar = element("span", "bar");
    const fill = element("i");
    fill.style.width = `${100 * Math.max(0, value ?? 0)}%`;
    bar.append(fill);
    const number = value === null ? "–" : value.toFixed(3);
    item.append(thumb, element("span", "name", facts.rows[row]), element("span", "number", number), bar);
    return item;
  }

  function show() {
    explorer.dataset.panel = state.panel;
    rows.forEach((row, r) => {
      const same = tiles[r].map((_, c) => r !== state.row && matches(similarity(c, r)));
      tiles[r].forEach((tile, c) => {
        tile.classList.toggle("match", same[c]);
        tile.classList.toggle("chosen", r === state.row && c === state.column);
      });
      row.classList.toggle("current", r === state.row);
      const defined = tiles[r].some((_, c) => similarity(c, r) !== null);
      const count = `${same.filter(Boolean).length} of ${same.length} match`;
      row.querySelector("small").textContent = r === state.row || !defined ? "" : count;
    });
    const list = element("ul");
    facts.rows.forEach((_, r) => { if (r !== state.row) list.append(line(r)); });
    const id = facts.nearest[state.panel][state.row][state.column];
    const near = facts.nearestSimilarity[state.panel][state.row][state.column];
    const nearest = id < 0 ? "No nearest training image is recorded for this picture."
      : `The training image nearest to it is number ${id}${near === null ? "" : `, similarity ${near.toFixed(3)}`}.`;
    readout.replaceChildren(
      element("h3", "", `${facts.rows[state.row]}, noise ${facts.noises[state.column]}`),
      element("p", "", `${facts.panels[state.panel]}. Similarity to the other pictures from this noise:`),
      list,
      element("p", "", nearest),
    );
  }

  function choose(tile, focus) {
    tiles[state.row][state.column].tabIndex = -1;
    state.row = Number(tile.closest("tr").dataset.row);
    state.column = Number(tile.dataset.column);
    tile.tabIndex = 0;
    if (focus) tile.focus();
    show();
  }

  const tileOf = (event) => event.target.closest(".tile");
  for (const kind of ["pointerover", "focusin", "click"]) {
    explorer.addEventListener(kind, (event) => { if (tileOf(event)) choose(tileOf(event), false); });
  }
  explorer.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -Infinity], End: [0, Infinity] }[event.key];
    if (!step || !tileOf(event)) return;
    event.preventDefault();
    const within = (value, size) => Math.min(size - 1, Math.max(0, value));
    choose(tiles[within(state.row + step[0], rows.length)][within(state.column + step[1], tiles[0].length)], true);
  });
  document.querySelector("#grid .panels").addEventListener("change", (event) => {
    state.panel = Number(event.target.value);
    show();
  });
  const checked = document.querySelector("#grid .panels input:checked");
  if (checked) state.panel = Number(checked.value);
  explorer.classList.add("live");
  show();
})();

/* The table of scores: filter and sort. */
(() => {
  const form = document.querySelector(".filter");
  const body = document.querySelector(".scores tbody");
  const rows = [...body.rows];
  const headings = [...document.querySelectorAll(".scores th")];

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    const { experiment, metric, text } = form.elements;
    const wanted = text.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const shown = (!experiment.value || row.dataset.experiment === experiment.value)
        && (!metric.value || row.dataset.metric === metric.value)
        && (!wanted || row.textContent.toLowerCase().includes(wanted));
      row.hidden = !shown;
      count += shown;
    }
    form.querySelector("output").textContent = count === rows.length ? `${count} rows` : `${count} of ${rows.length} rows`;
  });

  const key = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.value === undefined) return cell.textContent;
    return cell.dataset.value === "" ? NaN : parseFloat(cell.dataset.value);
  };
  const order = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);

  headings.forEach((heading, column) => heading.querySelector("button").addEventListener("click", () => {
    const was = heading.getAttribute("aria-sort");
    headings.forEach((other) => other.removeAttribute("aria-sort"));
    const next = was === null ? "ascending" : was === "ascending" ? "descending" : null;
    if (next) heading.setAttribute("aria-sort", next);
    const sign = next === "descending" ? -1 : 1;
    body.append(...[...rows].sort((x, y) => {
      const [a, b] = [key(x, column), key(y, column)];
      if (!next || Object.is(a, b)) return x.dataset.index - y.dataset.index;
      if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);  // rows without a value stay last
      return sign * order(a, b) || x.dataset.index - y.dataset.index;
    }));
  }));
})();
