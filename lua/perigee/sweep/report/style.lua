--- The style of a report: on a screen, wide or narrow, bright or dark, and on paper.

return [[
:root {
  color-scheme: light;
  --page: #ffffff; --text: #1b1f24; --soft: #59636e; --line: #d8dee4; --band: #f5f7f9;
  --link: #0b5cad; --bad: #b3261e;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --page: #14171a; --text: #e4e7ea; --soft: #9da7b1; --line: #343b42; --band: #1e2328;
    --link: #7db8f2; --bad: #ff9a90;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 90rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
h1, h2 { line-height: 1.2; overflow-wrap: anywhere; }
h1 { margin: 0 0 .5rem; font-size: 2rem; letter-spacing: -.01em; }
h2 { margin: 2.75rem 0 .75rem; font-size: 1.25rem; scroll-margin-top: 1rem; }
p { margin: 0 0 1rem; max-width: 42rem; overflow-wrap: anywhere; }
.description { white-space: pre-line; font-size: 1.125rem; color: var(--soft); }
.note { color: var(--soft); }
.plots + .note { margin-top: 1rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 1rem 0 0; }
a { color: var(--link); text-underline-offset: .2em; }
dl { display: grid; grid-template-columns: fit-content(16rem) 1fr; gap: .3rem 1.5rem; margin: 0; }
dt { color: var(--soft); }
dt, dd { min-width: 0; overflow-wrap: anywhere; }
dd { margin: 0; font-variant-numeric: tabular-nums; }

.plots { display: grid; gap: 1.25rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 42rem), 1fr)); }
.plots img {
  display: block; width: 100%; max-width: 50rem; height: auto; padding: .75rem;
  background: #ffffff; color: #1b1f24; border: 1px solid var(--line); border-radius: .5rem;
}
@media screen and (prefers-color-scheme: dark) {
  .plots img { filter: invert(.91) hue-rotate(180deg); border-color: #d8dee4; }
}

.scroll { max-width: 100%; max-height: 85vh; overflow: auto; border: 1px solid var(--line);
  border-radius: .5rem; width: fit-content; }
table { border-collapse: separate; border-spacing: 0; font-size: .9375rem;
  font-variant-numeric: lining-nums tabular-nums; }
th, td { padding: .4rem .9rem; text-align: left; vertical-align: top; white-space: nowrap; }
th { position: sticky; top: 0; background: var(--band); font-weight: 600;
  border-bottom: 1px solid var(--line); vertical-align: bottom; }
td { white-space: pre; border-bottom: 1px solid var(--line); }
td.long { white-space: pre-wrap; min-width: 16rem; max-width: 36rem; overflow-wrap: anywhere; }
tbody tr:last-child td { border-bottom: 0; }
tbody tr:hover td { background: var(--band); }
.n { text-align: right; }
.m { color: var(--soft); }
th button { all: unset; cursor: pointer; }
th:has(button) { cursor: pointer; }
th button:focus-visible { outline: 2px solid var(--link); outline-offset: 3px; }
th button::after { content: "\2195"; display: inline-block; width: 1em; margin-left: .3em;
  text-align: center; color: var(--soft); opacity: .55; }
[aria-sort] button::after { opacity: 1; color: var(--link); }
[aria-sort="ascending"] button::after { content: "\2191"; }
[aria-sort="descending"] button::after { content: "\2193"; }

details { border-top: 1px solid var(--line); padding: .6rem 0; }
details:last-child { border-bottom: 1px solid var(--line); }
summary { cursor: pointer; overflow-wrap: anywhere; }
.message { color: var(--bad); }
pre {
  margin: .6rem 0 0; padding: .8rem 1rem; overflow: auto; background: var(--band);
  border-radius: .5rem; font: .8125rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace;
}
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }

@media screen and (max-width: 40rem) {
  body { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.6rem; }
  dl { grid-template-columns: fit-content(40%) 1fr; column-gap: 1rem; }
  .plots img { padding: .25rem; }
  th, td { padding: .4rem .6rem; }
}

@page { margin: 16mm; }
@page wide { size: landscape; margin: 12mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  h1 { font-size: 20pt; }
  h2 { font-size: 13pt; margin-top: 1.5rem; break-after: avoid; }
  .plots { display: block; }
  .plots img { break-inside: avoid; margin-bottom: 1rem; padding: 0; border: 0; width: 140mm; }
  .scroll { max-height: none; overflow: visible; border: 0; }
  table { font-size: 8pt; }
  thead { display: table-header-group; }
  tr, summary { break-inside: avoid; }
  th { position: static; background: none; border-bottom: 1pt solid #000000; }
  th, td { padding: 2pt 5pt; white-space: pre-wrap; overflow-wrap: anywhere; }
  td.long { min-width: 0; }
  td.n { overflow-wrap: normal; }
  section:has(.wide) { page: wide; }
  .wide table { font-size: 6.5pt; }
  .wide th, .wide td { padding: 1.5pt 3pt; }
  th button { display: contents; } /* a button is not printed again with the header */
  th button::after { display: none; }
  summary { list-style: none; }
  summary::-webkit-details-marker { display: none; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; background: none; padding: 0; }
}
]]
