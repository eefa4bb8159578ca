--- The script of a report, without which it can be read as well: a click on a table's header, or
--- Enter or the space bar there, sorts its rows; a second one turns them round.

return [[
"use strict";
(() => {
  const collator = new Intl.Collator("en", { numeric: true });

  // What a cell is sorted by: a number where it is one, else text; null where it is missing.
  function keyOf(cell) {
    if (cell.classList.contains("m")) return null;
    const text = cell.title || cell.textContent;
    const number = text.trim() === "" ? NaN : Number(text);
    return Number.isNaN(number) ? text : number;
  }

  // Numbers come before texts.
  function compare(a, b) {
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return typeof a === "number" ? a - b : collator.compare(a, b);
  }

  function setUp(table) {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows); // equal ones stay in this order
    const heads = Array.from(table.tHead.rows[0].cells);

    function sort(column) {
      const turned = heads[column].getAttribute("aria-sort") === "ascending";
      const present = [], missing = [];
      for (const row of rows) {
        const key = keyOf(row.cells[column]);
        (key === null ? missing : present).push({ row, key });
      }
      present.sort((a, b) => turned ? compare(b.key, a.key) : compare(a.key, b.key));
      body.remove(); // or the page is looked through at each row
      for (const each of present.concat(missing)) body.append(each.row);
      table.append(body);
      for (const head of heads) head.removeAttribute("aria-sort");
      heads[column].setAttribute("aria-sort", turned ? "descending" : "ascending");
    }

    heads.forEach((head, column) => {
      const button = document.createElement("button"); // which the keyboard reaches
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      head.addEventListener("click", () => sort(column));
    });
  }

  document.querySelectorAll("table").forEach(setUp);
})();
]]
