"use strict";
(() => {
  const data = JSON.parse(document.getElementById("network-data").textContent);
  const root = document.getElementById("network-player");
  const slider = document.getElementById("network-when");
  const button = document.getElementById("network-play");
  const now = document.getElementById("network-now");
  const said = document.getElementById("network-said");
  const stages = [...root.querySelectorAll("canvas")];
  const counted = [...root.querySelectorAll(".counted")];
  const n = data.x.length, last = data.when.length - 1;
  const word = (count) => count.toLocaleString("en");
  const arms = data.arms.map((arm) => {
    const states = arm.runs.map((runs) => {
      const codes = new Int8Array(last + 1);
      let k = 0;
      for (const [, letter, times] of runs.matchAll(/(\D)(\d*)/g)) {
        const end = k + Number(times || 1);
        codes.fill(letter === "-" ? -1 : data.letters.indexOf(letter), k, end);
        k = end;
      }
      return codes;
    });
    const since = new Int16Array(n).fill(-1);
    for (let i = 0; i < arm.since.length; i += 2) since[arm.since[i]] = arm.since[i + 1];
    return { label: arm.label, ties: arm.ties, states, since };
  });

  function count(arm, k) {
    let inside = 0, there = 0;
    for (const codes of arm.states) {
      there += codes[k] >= 0;
      inside += data.watched.includes(codes[k]);
    }
    return `${word(inside)} of ${word(there)} ${data.word}`;
  }

  function draw(canvas, arm, k) {
    const size = canvas.clientWidth, sharp = window.devicePixelRatio || 1;
    if (!size) return;  // not shown: it is being printed
    if (canvas.width !== Math.round(size * sharp)) canvas.width = canvas.height = Math.round(size * sharp);
    const pen = canvas.getContext("2d");
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.clearRect(0, 0, size, size);
    const dot = Math.min(Math.max(0.21 * size / Math.sqrt(n), 1.5), 0.015 * size), room = dot * 2;
    const across = (i) => room + data.x[i] / 1000 * (size - 2 * room);
    const up = (i) => size - room - data.y[i] / 1000 * (size - 2 * room);
    const lines = (pairs, colour, wide) => {
      pen.beginPath();
      for (const [one, two] of pairs) {
        pen.moveTo(across(one), up(one));
        pen.lineTo(across(two), up(two));
      }
      pen.strokeStyle = colour;
      pen.lineWidth = wide;
      pen.stroke();
    };
    const whole = [];
    for (let i = 0; i < data.ties.length; i += 2) whole.push([data.ties[i], data.ties[i + 1]]);
    const living = arm.ties.filter(([, , first, end]) => first <= k && k <= end);
    lines([...whole, ...living.filter((tie) => !tie[4])], data.look.tie, Math.min(0.6, 12 / Math.sqrt(n)));
    lines(living.filter((tie) => tie[4]), data.look.added, Math.min(1.2, 20 / Math.sqrt(n)));
    const dots = (who, radius, colour) => {
      pen.beginPath();
      for (let i = 0; i < n; i++) {
        if (!who(i)) continue;
        pen.moveTo(across(i) + radius, up(i));
        pen.arc(across(i), up(i), radius, 0, 2 * Math.PI);
      }
      pen.fillStyle = colour;
      pen.fill();
    };
    const ringed = (i) => arm.since[i] >= 0 && arm.since[i] <= k && arm.states[i][k] >= 0;
    dots(ringed, dot * 1.5 + Math.max(1, dot / 4), "#1f2328");
    dots(ringed, dot * 1.5, "#fff");
    const pale = (code) => data.colours[code] === data.look.pale;
    for (const code of [...data.colours.keys()].sort((a, b) => pale(b) - pale(a))) {
      const who = (i) => arm.states[i][k] === code;
      if (pale(code)) dots(who, dot, data.look.edge);
      dots(who, pale(code) ? dot - 0.6 : dot, data.colours[code]);
    }
  }

  function show() {
    const k = Number(slider.value);
    now.textContent = data.when[k];
    slider.setAttribute("aria-valuetext", data.when[k]);
    const texts = arms.map((arm) => count(arm, k));
    const when = data.when[k][0].toUpperCase() + data.when[k].slice(1);
    stages.forEach((canvas, a) => {
      draw(canvas, arms[a], k);
      canvas.setAttribute("aria-label", `Network picture, ${arms[a].label}, ${data.when[k]}: ${texts[a]}`);
      counted[a].textContent = texts[a];
    });
    said.textContent = `${when}: ${arms.map((arm, a) => `${arm.label} ${texts[a]}`).join(" and ")}.`;
  }

  let timer = 0;
  function pause() {
    window.clearInterval(timer);
    timer = 0;
    button.textContent = "Play";
    said.setAttribute("aria-live", "polite");
    show();
  }
  function play() {
    if (Number(slider.value) === last) slider.value = 0;
    said.setAttribute("aria-live", "off");
    button.textContent = "Pause";
    timer = window.setInterval(() => {
      slider.value = Number(slider.value) + 1;
      if (Number(slider.value) >= last) pause();
      else show();
    }, Math.max(80, 12000 / (last + 1)));
    show();
  }
  button.addEventListener("click", () => (timer ? pause() : play()));
  slider.addEventListener("input", () => (timer ? pause() : show()));
  root.hidden = false;
  document.getElementById("network-still").classList.add("replaced");
  new ResizeObserver(show).observe(stages[0]);
  show();
})();
