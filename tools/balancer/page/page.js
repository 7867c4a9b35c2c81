"use strict";

const element = (id) => document.getElementById(id);
const rows = new Map();
let token = null;      // never stored: a reload forgets it
let wanted = null;     // what is done once the token is there
let lastAnswer = 0;

const percent = (ratio) => (ratio * 100).toFixed(ratio < 0.1 ? 1 : 0) + "\u00a0%";
const number = (value) => value.toLocaleString("en");
const bits = (value) => value >= 1e9 ? (value / 1e9).toFixed(1) + " Gbit/s"
  : value >= 1e6 ? (value / 1e6).toFixed(1) + " Mbit/s" : Math.round(value / 1e3) + " kbit/s";
const span = (ms) => ms < 1000 ? ms + " ms" : ms < 120000 ? (ms / 1000).toFixed(1) + " s"
  : ms < 7200000 ? Math.round(ms / 60000) + " min" : Math.round(ms / 3600000) + " h";

function make(name, className, parent) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (parent) parent.append(made);
  return made;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

async function ask(path, options = {}) {
  const headers = token === null ? {} : { Authorization: "Bearer " + token };
  const response = await fetch(path, { ...options, headers, signal: AbortSignal.timeout(5000) });
  if (response.status === 401) {
    token = null;
    throw new DOMException("the token is needed", "NotAllowedError");
  }
  if (!response.ok) throw new Error((await response.text()).trim() || "status " + response.status);
  return response.json();
}

/* Edges */

function makeRow(id) {
  const item = make("li", "", null);
  const name = make("div", "name", item);
  const host = make("span", "", name);
  const status = make("span", "status", name);
  status.before(" ");
  make("span", "id", name).textContent = id;
  const load = make("div", "load", item);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "bar");
  svg.setAttribute("viewBox", "0 0 100 1");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  const fill = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  fill.setAttribute("height", "1");
  svg.append(fill);
  load.append(svg);
  const facts = make("div", "facts", load);
  const button = make("button", "", item);
  button.type = "button";
  return { item, host, status, svg, fill, facts, button };
}

function showRow(row, server, operations) {
  setText(row.host, server.redirect || "no address yet");
  const alarm = server.duplicate_guid ? ", its GUID is used twice" : "";
  setText(row.status, (server.why || server.status) + alarm);
  row.status.className = "status" + (server.status === "paused" ? " paused"
    : server.status !== "running" || alarm ? " out" : "");
  const load = server.load ?? 0;
  row.fill.setAttribute("width", Math.min(load, 1) * 100);
  row.svg.setAttribute("class", "bar" + (load >= 0.95 ? " hot" : load >= 0.85 ? " warm" : ""));
  row.svg.setAttribute("aria-label", "load " + percent(load));
  const facts = server.reports === 0 ? [] : [
    percent(server.load),
    number(server.connections) + " of " + number(server.capacity)
      + (server.pending ? " + " + number(server.pending) + " on the way" : ""),
    bits(server.out_bits),
    "CPU " + percent(server.cpu),
    number(server.redirects) + " redirects",
    span(server.last_report_ms) + " ago",
  ];
  setText(row.facts, facts.map((fact) => fact.replaceAll(" ", "\u00a0")).join(" · "));
  row.button.hidden = !operations;
  setText(row.button, server.paused_here ? "Unpause" : "Pause");
  row.button.setAttribute("aria-label", row.button.textContent + " " + (server.redirect || server.id));
  row.button.onclick = () => operate(server.id, server.paused_here ? "unpause" : "pause");
}

function showEdges(servers, operations) {
  servers.sort((a, b) => a.redirect.localeCompare(b.redirect, "en", { numeric: true }) || a.id.localeCompare(b.id));
  const list = element("edges");
  for (const server of servers) {
    if (!rows.has(server.id)) rows.set(server.id, makeRow(server.id));
    showRow(rows.get(server.id), server, operations);
  }
  const present = new Set(servers.map((server) => server.id));
  for (const id of [...rows.keys()]) if (!present.has(id)) rows.delete(id);
  const items = servers.map((server) => rows.get(server.id).item);
  if (items.length !== list.children.length || items.some((item, i) => item !== list.children[i])) {
    list.replaceChildren(...items);
  }
  element("empty").hidden = servers.length > 0;
}

/* Figures */

function showFigures(balancer, servers) {
  const inside = servers.filter((server) => server.status === "running");
  const sum = (name) => inside.reduce((total, server) => total + server[name], 0);
  const capacity = sum("capacity");
  const figures = [
    ["Edges", inside.length + " of " + servers.length],
    ["Load", capacity ? percent(sum("connections") / capacity) : "none"],
    ["Connections", number(sum("connections"))],
    ["Outgoing", bits(sum("out_bits"))],
    ["Redirects", number(balancer.redirects)],
    ["Look-ups", number(balancer.look_ups)],
    ["Arrival ratio", balancer.arrival_ratio.toFixed(2)],
    ["Reports refused", number(balancer.refused)],
    ["Policy", balancer.policy],
    ["Up", span(balancer.uptime_ms)],
  ];
  element("figures").replaceChildren(...figures.map(([name, value]) => {
    const pair = make("div");
    make("dt", "", pair).textContent = name;
    make("dd", "", pair).textContent = value;
    return pair;
  }));
  const alarm = element("alarm");
  alarm.hidden = balancer.duplicate_guids === 0;
  setText(alarm, "Two machines report under one GUID: remove Server.guid on one of them.");
}

function showHistory(samples) {
  if (samples.length < 2) return;
  const reach = Math.max(...samples.map((sample) => sample.age_ms), 1);
  const top = Math.max(0.05, ...samples.map((sample) => sample.max_load)) * 1.1;
  const x = (sample) => (600 * (1 - sample.age_ms / reach)).toFixed(1);
  const y = (load) => (150 * (1 - load / top)).toFixed(1);
  const line = (points) => "M" + points.join("L");
  element("mean").setAttribute("d", line(samples.map((sample) => x(sample) + " " + y(sample.mean_load))));
  element("band").setAttribute("d", line([
    ...samples.map((sample) => x(sample) + " " + y(sample.max_load)),
    ...samples.slice().reverse().map((sample) => x(sample) + " " + y(sample.min_load))]) + "Z");
  setText(element("scale"), "0 to " + percent(top) + " over " + span(reach) + ".");
}

/* Operations */

function askForToken(then, complaint) {
  wanted = then;
  setText(element("complaint"), complaint);
  element("unlock").hidden = false;
  element("token").focus();
}

async function operate(id, operation) {
  const action = () => operate(id, operation);
  if (token === null) return askForToken(action, "");
  try {
    await ask("servers/" + encodeURIComponent(id) + "/" + operation, { method: "POST" });
    await refresh();
  } catch (error) {
    if (error.name === "NotAllowedError") return askForToken(action, "This token is not the right one.");
    setText(element("state"), error.message);
  }
}

element("unlock").addEventListener("submit", (event) => {
  event.preventDefault();
  token = element("token").value.trim();
  element("token").value = "";
  element("unlock").hidden = true;
  const action = wanted;
  wanted = null;
  if (action) action();
});

element("cancel").addEventListener("click", () => {
  wanted = null;
  element("token").value = "";
  element("unlock").hidden = true;
});

/* The loop */

function showState(text, lost) {
  setText(element("state"), text);
  element("state").className = lost ? "lost" : "";
}

async function refresh() {
  try {
    const [status, history] = await Promise.all([ask("servers"), ask("history")]);
    lastAnswer = Date.now();
    showFigures(status.balancer, status.servers);
    showEdges(status.servers, status.balancer.operations);
    showHistory(history.samples);
    showState(status.balancer.state + ", version " + status.balancer.version
      + (status.balancer.operations ? "" : ", read only"), false);
  } catch (error) {
    if (error.name === "NotAllowedError") {
      showState("locked", true);
      if (element("unlock").hidden) askForToken(refresh, "");
      return;
    }
    showState(lastAnswer ? "no answer since " + new Date(lastAnswer).toLocaleTimeString() : "no answer", true);
  }
}

async function loop() {
  if (!document.hidden) await refresh();
  setTimeout(loop, 1000);
}

loop();
