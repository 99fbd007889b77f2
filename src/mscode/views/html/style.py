"""The look of the HTML plan: light and dark, wide and narrow. Every pair of colours has a contrast of 4.5 or more."""

from __future__ import annotations

#: name -> (light, dark)
COLOURS = {
    "page": ("#ffffff", "#0d1117"),
    "card": ("#f6f8fa", "#161b22"),
    "text": ("#1b1f24", "#e6edf3"),
    "dim": ("#57606a", "#9da7b3"),
    "edge": ("#d0d7de", "#30363d"),
    "link": ("#0550ae", "#79b8ff"),
    "comes": ("#116329", "#6fdd8b"),
    "goes": ("#a40e26", "#ff9a92"),
    "changes": ("#7d4e00", "#e3b341"),
    "dials": ("#8b1e7a", "#f0a8e6"),
    "ins-text": ("#0a3d1a", "#b4f1c5"),
    "ins-page": ("#d4f4dc", "#12341f"),
    "del-text": ("#6e0b14", "#ffd3d0"),
    "del-page": ("#fde0e0", "#4a1a1d"),
    "bar": ("#8b1e7a", "#f0a8e6"),
}

_RULES = """\
*{box-sizing:border-box}
html{color-scheme:light dark}
body{margin:0 auto;max-width:70rem;padding:1rem;background:var(--page);color:var(--text);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}
h2{font-size:1.25rem;margin:2rem 0 .5rem;padding-bottom:.25rem;border-bottom:1px solid var(--edge)}
h3{font-size:1.05rem;margin:1.25rem 0 .5rem}
h4{display:inline;font-size:1rem;font-weight:600;margin:0}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
code,.rows,.symbols,svg text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-100rem}
.skip:focus{position:static}
.totals{font-size:1.15rem;font-weight:600;margin:.25rem 0}
.launch{margin:.25rem 0;padding:.5rem .75rem;border:2px solid var(--dials);border-radius:.4rem;font-weight:600}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:1rem 0 0;padding:0}
nav a{display:inline-block;padding:.35rem 0}
.guards{list-style:none;padding:0}
.guards li{border-left:.3rem solid var(--changes);padding:.25rem .75rem;margin:.5rem 0;background:var(--card)}
.guards li.fail{border-color:var(--goes)}
details.change{border:1px solid var(--edge);border-radius:.4rem;margin:.5rem 0;background:var(--card)}
summary{cursor:pointer;padding:.5rem .75rem}
.change>div{padding:0 .75rem .75rem;overflow-x:auto}
.place{display:block;font-size:.85rem;color:var(--dim);padding-left:1.1rem}
.symbols{display:inline-block;min-width:1.1rem;margin-right:.4rem;font-weight:700}
.rows{font-size:.875rem;list-style:none;margin:0;padding:0 0 0 .25rem}
.rows .rows{padding-left:1.25rem;border-left:1px solid var(--edge)}
.rows li{margin:.15rem 0}
.name{color:var(--dim)}
.value div{padding-left:1.25rem}
.dim,.remark{color:var(--dim)}
.strong{font-weight:700}
.comes{color:var(--comes)}.goes{color:var(--goes)}.changes{color:var(--changes)}.dials{color:var(--dials)}
ins{background:var(--ins-page);color:var(--ins-text);text-decoration:underline;padding:0 .1rem}
del{background:var(--del-page);color:var(--del-text);text-decoration:line-through;padding:0 .1rem}
del+ins{margin-left:.25rem}
table{border-collapse:collapse;width:100%}
caption{text-align:left;color:var(--dim);padding:.25rem 0}
th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--edge);vertical-align:middle}
thead th{font-size:.85rem;color:var(--dim)}
.calendar th,.calendar td{white-space:nowrap}
.calendar td.bar{width:50%;padding-right:0}
.hours{position:relative;height:.8rem;border:1px solid var(--edge);border-radius:.2rem;background:var(--card);
background-image:linear-gradient(90deg,transparent 24.8%,var(--edge) 25%,transparent 25.2%,transparent 49.8%,
var(--edge) 50%,transparent 50.2%,transparent 74.8%,var(--edge) 75%,transparent 75.2%)}
.hours span{position:absolute;top:0;bottom:0;background:var(--bar);border-radius:.15rem}
audio{display:block;width:100%;max-width:26rem}
.voices{list-style:none;padding:0}
.voices p{margin:.5rem 0 .25rem}
figure{margin:0}
.scroll{overflow-x:auto;border:1px solid var(--edge);border-radius:.4rem;padding:.75rem}
svg{display:block;max-width:none}
svg text{font-size:12px;fill:var(--text)}
svg rect{fill:var(--card);stroke:var(--dials);stroke-width:1.5}
svg rect.stays{stroke:var(--edge)}
svg path{fill:none;stroke:var(--dim);stroke-width:1.2}
svg a:focus-visible rect{stroke-width:3}
footer{margin-top:2.5rem;border-top:1px solid var(--edge);color:var(--dim);font-size:.85rem}
@media (max-width:40rem){body{padding:.75rem}.calendar td.bar{width:30%}h1{font-size:1.3rem}}
@media print{details.change{break-inside:avoid}}
"""


def stylesheet() -> str:
    """The whole style sheet."""
    light, dark = (_variables(side) for side in (0, 1))
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{_RULES}"


def _variables(side: int) -> str:
    return ";".join(f"--{name}:{pair[side]}" for name, pair in COLOURS.items())
