
/* Maps: one place is chosen, the same on all sheets; under each sheet is the picture of that place. */
(() => {
  const source = document.getElementById("map-facts");
  if (!source) return;
  const facts = JSON.parse(source.textContent);
  const atlas = document.querySelector(".atlas");
  const readout = document.getElementById("map-readout");
  const figures = [...atlas.querySelectorAll(".map")];
  const lines = facts.places / facts.columns;
  const state = { sheet: 0, place: facts.marked[0] };

  function show() {
    atlas.dataset.sheet = state.sheet;
    const [row, column] = [Math.floor(state.place / facts.columns), state.place % facts.columns];
    figures.forEach((figure, r) => {
      const near = facts.nearest[state.sheet][r][state.place];
      const value = facts.similarity[state.sheet][r][state.place];
      figure.hidden = facts.nearest[state.sheet][r].every((k) => k < 0);
      for (const part of figure.querySelectorAll(".cross, .thumb")) {
        part.hidden = false;
        part.style.setProperty("--r", row);
        part.style.setProperty("--c", column);
      }
      figure.querySelector("small").textContent = near < 0 ? "" : `like ${near + 1}: ${value.toFixed(2)}`;
    });
    const mark = facts.marked.indexOf(state.place);
    const what = mark < 0 ? `Row ${row + 1}, column ${column + 1}` : `Place ${mark + 1}, row ${row + 1}, column ${column + 1}`;
    const groups = new Map();
    figures.forEach((figure, r) => {
      const near = facts.nearest[state.sheet][r][state.place];
      if (near >= 0) groups.set(near, [...(groups.get(near) ?? []), facts.rows[r]]);
    });
    const told = [...groups].map(([near, names]) => `most like ${near + 1}: ${names.join(", ")}`);
    readout.textContent = `${facts.sheets[state.sheet]}. ${what}; ${told.join("; ")}.`;
  }

  function choose(row, column) {
    const within = (value, size) => Math.min(size - 1, Math.max(0, value));
    state.place = within(row, lines) * facts.columns + within(column, facts.columns);
    show();
  }

  for (const sheet of atlas.querySelectorAll(".sheet")) {
    const point = (event) => {
      const box = sheet.getBoundingClientRect();
      choose(
        Math.floor(((event.clientY - box.top) / box.height) * lines),
        Math.floor(((event.clientX - box.left) / box.width) * facts.columns),
      );
    };
    sheet.addEventListener("pointermove", point);
    sheet.addEventListener("pointerdown", point);
    sheet.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (!step) return;
      event.preventDefault();
      choose(Math.floor(state.place / facts.columns) + step[0], (state.place % facts.columns) + step[1]);
    });
  }
  document.querySelector("#maps .panels").addEventListener("change", (event) => {
    state.sheet = Number(event.target.value);
    show();
  });
  const checked = document.querySelector("#maps .panels input:checked");
  if (checked) state.sheet = Number(checked.value);
  show();
})();
