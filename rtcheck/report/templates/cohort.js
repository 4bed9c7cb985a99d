"use strict";
// Finds plans by text, outcome and goal. Only the rows that are looked at are made, so that ten
// thousand plans open as fast as ten. All text goes in as text.
(() => {
  const data = JSON.parse(document.getElementById("cohort-data").textContent);
  const section = document.querySelector(".search");
  const form = section.querySelector("form");
  const body = section.querySelector(".plans tbody");
  const found = section.querySelector(".found");
  const more = section.querySelector(".more");
  const page = 100;
  let matching = [], shown = 0;

  const goalWords = (plan) =>
    data.words.map((words, outcome) => {
      const goals = plan[6].filter((pair) => pair[1] === outcome).map(([goal]) => data.goals[goal]);
      return goals.length ? words + ": " + goals.join(", ") : "";
    }).filter(Boolean).join("; ");
  const haystack = data.plans.map((plan) =>
    [plan[0], plan[2], plan[3], plan[4], ...plan[6].map(([goal]) => data.goals[goal])].join(" ").toLowerCase());

  const cell = (row, text, kind) => {
    const made = row.appendChild(document.createElement("td"));
    if (kind) made.className = kind;
    if (text !== undefined) made.appendChild(document.createElement("bdi")).textContent = text;
    return made;
  };

  const add = () => {
    const rows = document.createDocumentFragment();
    for (const i of matching.slice(shown, shown + page)) {
      const plan = data.plans[i];
      const row = rows.appendChild(document.createElement("tr"));
      const first = cell(row, plan[5].length ? undefined : plan[0]);
      plan[5].forEach((report, number) => {
        const link = first.appendChild(document.createElement("a"));
        link.href = report.split("/").map(encodeURIComponent).join("/");
        link.textContent = number ? "report " + (number + 1) : plan[0];
        if (number) link.className = "small";
      });
      cell(row, data.words[plan[1]], "tone " + data.kinds[plan[1]]);
      cell(row, plan[2]);
      cell(row, plan[4] || goalWords(plan), "small");
      cell(row, plan[3], "small soft");
    }
    body.appendChild(rows);
    shown = Math.min(shown + page, matching.length);
    more.hidden = shown >= matching.length;
    found.textContent = matching.length + " of " + data.plans.length + " " + data.of +
      (shown < matching.length ? ", the first " + shown + " shown" : "");
  };

  const filter = () => {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const outcome = form.elements.outcome.value, goal = form.elements.goal.value;
    matching = [];
    data.plans.forEach((plan, i) => {
      if (outcome !== "" && plan[1] !== Number(outcome)) return;
      if (goal !== "" && !plan[6].some(([g]) => g === Number(goal))) return;
      if (words.every((word) => haystack[i].includes(word))) matching.push(i);
    });
    shown = 0;
    body.replaceChildren();
    add();
  };

  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", add);
  filter();
})();
