"use strict";
// Reads the curves at a dose, hides curves, and changes what the axes count. The drawing is whole
// without it. No text of a file comes in here but what already stands on the page.
(() => {
  const data = JSON.parse(document.getElementById("dvh-data").textContent);
  const section = document.querySelector(".histogram");
  const svg = section.querySelector(".plot svg");
  const cursor = section.querySelector(".cursor");
  const readout = section.querySelector(".readout");
  const asked = readout.textContent;
  const announce = section.querySelector(".announce");
  const select = section.querySelector("select");
  const showAll = section.querySelector("[data-all]");
  const width = data.right - data.left, height = data.bottom - data.top;
  const names = [...section.querySelectorAll(".legend .name")].map((e) => e.textContent);
  const hidden = data.curves.map(() => false);
  let absolute = false, prescribed = 0, dose = null;

  const make = (tag, attributes, parent, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    return parent.appendChild(element);
  };
  const digits = (number, places) => number.toFixed(places).replace(/^-(?=0\.?0*$)/, "");
  const volumeText = (cm3) => digits(cm3, cm3 < 100 ? 2 : cm3 < 1000 ? 1 : 0) + " cm³";
  const doseText = (gy) =>
    digits(gy, 2) + " Gy" +
    (prescribed ? ` (${digits((100 * gy) / prescribed, 1)} ${select.selectedOptions[0].textContent})` : "");
  const shown = () => data.curves.map((_, i) => i).filter((i) => !hidden[i]);

  const step = (maximum, lines) => {
    if (!(maximum > 0)) return 1;
    const power = 10 ** Math.floor(Math.log10(maximum / lines));
    return [1, 2, 5, 10].map((f) => f * power).find((s) => maximum / s <= lines);
  };

  // What the axis of volumes ends at, and what 100 % of a curve is on it.
  const scale = () => {
    if (!absolute) return { end: 100, step: 20, whole: () => 100 };
    const most = Math.max(0, ...shown().map((i) => data.curves[i].cm3));
    const s = step(most, 6);
    return { end: s * Math.max(1, Math.ceil(most / s - 1e-9)), step: s, whole: (i) => data.curves[i].cm3 };
  };
  const x = (gy) => data.left + (width * gy) / data.end;
  const y = (percent, i, axis) =>
    data.bottom - (height * (percent / 100) * axis.whole(i)) / axis.end;

  const line = (doses, volumes, i, axis) =>
    doses.map((d, k) => x(d).toFixed(1) + " " + y(volumes[k], i, axis).toFixed(1)).join("L");

  const at = (curve, values, gy) => {
    const doses = curve.dose, last = doses.length - 1;
    if (gy > doses[last]) return 0;
    let k = 1;
    while (k < last && doses[k] < gy) k += 1;
    if (last < 1 || doses[k] === doses[k - 1]) return values[0];
    const share = (gy - doses[k - 1]) / (doses[k] - doses[k - 1]);
    return values[k - 1] + share * (values[k] - values[k - 1]);
  };

  // Numbers and marks keep the dose and the percentage they were drawn at.
  const placed = [...svg.querySelectorAll(".badge, .limit")].map((element) => {
    const [px, py] = element.getAttribute("transform").match(/-?[\d.]+/g).map(Number);
    return { element, i: +element.dataset.curve, px, percent: (100 * (data.bottom - py)) / height };
  });
  const limits = placed.filter((p) => p.element.classList.contains("limit"));

  const ticks = (group, entries, across) => {
    const path = group.querySelector("path");
    group.replaceChildren(path);
    path.setAttribute("d", entries.map(([p]) =>
      across ? `M${p.toFixed(1)} ${data.top}V${data.bottom}` : `M${data.left} ${p.toFixed(1)}H${data.right}`).join(""));
    for (const [p, text] of entries) {
      make("text", across
        ? { x: p, y: data.bottom + 20, "text-anchor": "middle" }
        : { x: data.left - 8, y: p + 4.5, "text-anchor": "end" }, group, text);
    }
  };
  const counted = (end, by) =>
    Array.from({ length: Math.floor(end / by + 1e-9) + 1 }, (_, k) => k * by);
  const plain = (number) => String(+number.toPrecision(6));

  const draw = () => {
    const axis = scale();
    const [doseTitle, volumeTitle] = svg.querySelectorAll(".axis-title");
    const unit = prescribed ? prescribed / 100 : 1;
    doseTitle.textContent = prescribed ? `Dose [${select.selectedOptions[0].textContent}]` : "Dose [Gy]";
    volumeTitle.textContent = absolute ? "Volume [cm³]" : "Volume [%]";
    const by = prescribed ? step(data.end / unit, 8) : data.step;
    ticks(svg.querySelector(".doses"), counted(data.end / unit, by).map((d) => [x(d * unit), plain(d)]), true);
    ticks(svg.querySelector(".volumes"), counted(axis.end, axis.step).map((v) =>
      [data.bottom - (height * v) / axis.end, plain(v)]), false);
    for (const element of svg.querySelectorAll("[data-curve]")) {
      const i = +element.dataset.curve, curve = data.curves[i];
      element.classList.toggle("off", hidden[i]);
      if (hidden[i]) continue;
      if (element.classList.contains("curve")) {
        // Down to where nothing has so much dose: a uniform dose ends at its full volume.
        const end = curve.volume.at(-1) > 0 ? "V" + data.bottom.toFixed(1) : "";
        element.setAttribute("d", "M" + line(curve.dose, curve.volume, i, axis) + end);
      } else if (element.classList.contains("band")) {
        element.setAttribute("d", "M" + line(curve.dose, curve.high, i, axis) + "L" +
          line([...curve.dose].reverse(), [...curve.low].reverse(), i, axis) + "Z");
      }
    }
    for (const p of placed) {
      p.py = y(p.percent, p.i, axis);
      p.element.setAttribute("transform", `translate(${p.px} ${p.py.toFixed(1)})`);
    }
    const together = new Map();
    for (const p of limits.filter((p) => !hidden[p.i])) {
      const key = [p.element.getAttribute("class"), Math.round(p.px / 4), Math.round(p.py / 4)].join();
      together.set(key, [...(together.get(key) || []), p]);
    }
    for (const [first, ...others] of together.values()) {
      const numbers = new Set([first, ...others].map((p) => p.i + 1));
      first.element.querySelector("text").textContent = [...numbers].sort((a, b) => a - b).join(",");
      for (const p of others) p.element.querySelector("text").textContent = "";
    }
    showAll.disabled = !hidden.some(Boolean);
    read();
  };

  const probe = make("g", { class: "probe", "aria-hidden": "true" }, svg);
  const cells = [...section.querySelectorAll(".legend .volume")];
  const wholes = cells.map((cell) => cell.textContent);
  const read = () => {
    probe.replaceChildren();
    cells.forEach((cell, i) => {
      cell.textContent = wholes[i];
      cell.classList.remove("read");
    });
    if (dose === null) {
      readout.textContent = asked;
      return;
    }
    const axis = scale();
    make("line", { x1: x(dose), x2: x(dose), y1: data.top, y2: data.bottom }, probe);
    for (const i of shown()) {
      const percent = at(data.curves[i], data.curves[i].volume, dose);
      const ink = svg.querySelector(`.curve[data-curve="${i}"]`).getAttribute("stroke");
      make("circle", { cx: x(dose), cy: y(percent, i, axis), r: 3.5, fill: ink }, probe);
      cells[i].textContent =
        digits(percent, 1) + " % · " + volumeText((percent / 100) * data.curves[i].cm3);
      cells[i].classList.add("read");
    }
    readout.textContent = "Volume with at least " + doseText(dose);
    cursor.setAttribute("aria-valuetext", doseText(dose));
  };

  let speaking = 0;
  const speak = () => {
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      announce.textContent = doseText(dose) + ": " + shown().map((i) =>
        `${names[i]} ${cells[i].textContent}`).join("; ");
    }, 400);
  };

  const highlight = (i) => {
    for (const element of svg.querySelectorAll("[data-curve]")) {
      element.classList.toggle("faint", i !== null && +element.dataset.curve !== i);
    }
  };

  section.querySelectorAll(".legend li").forEach((item, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    button.title = "Show or hide";
    button.append(...item.childNodes);
    item.classList.add("live");
    item.append(button);
    button.addEventListener("click", () => {
      hidden[i] = !hidden[i];
      button.setAttribute("aria-pressed", String(!hidden[i]));
      highlight(null);
      draw();
    });
    button.addEventListener("pointerenter", () => highlight(hidden[i] ? null : i));
    button.addEventListener("pointerleave", () => highlight(null));
  });
  showAll.addEventListener("click", () => {
    hidden.fill(false);
    for (const b of section.querySelectorAll(".legend button")) b.setAttribute("aria-pressed", "true");
    draw();
  });

  const volumes = section.querySelectorAll("[data-volume]");
  for (const button of volumes) {
    button.addEventListener("click", () => {
      absolute = button.dataset.volume === "cm3";
      for (const b of volumes) b.setAttribute("aria-pressed", String(b === button));
      draw();
    });
  }
  if (select) select.addEventListener("change", () => { prescribed = +select.value; draw(); });

  cursor.min = 0;
  cursor.max = data.end;
  cursor.step = data.step / 50;
  cursor.value = 0;
  cursor.addEventListener("input", () => { dose = +cursor.value; read(); speak(); });
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const px = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    dose = Math.min(Math.max((px - data.left) / width, 0), 1) * data.end;
    cursor.value = dose;
    read();
  });

  svg.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") { dose = null; read(); }
  });

  for (const element of [section.querySelector(".controls"), cursor, readout]) element.hidden = false;
})();
