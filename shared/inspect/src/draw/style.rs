//! Colours, letters, icons. Written out without variables, which viewers that are no browsers do not know.

use super::kinds::LOOKS;
use super::paper::Paper;

/// Letters with Hangul, of each system and of none.
const FONTS: &str =
    r#"Pretendard,"Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR","Noto Sans CJK KR",system-ui,sans-serif"#;

const SHAPES: &str = "
.title{font-size:20px;font-weight:700}
.heading{font-size:15px;font-weight:700}
.label{font-size:13px;font-weight:600}
.words{font-size:12px}
.row{font-size:11.5px}
.small,.id{font-size:11px}
.id,.end{text-anchor:end}
.rank{font-size:10px;font-weight:700;text-anchor:middle}
.badge{font-size:11px;font-weight:600}
.stub{font-size:11px}
.lost{text-decoration:line-through}
.box{stroke-width:1.5}
.way{fill:none;stroke-width:1.5}
a:hover .stub{text-decoration:underline}
svg{font-family:";

/// A ground: its colours by what they are for.
struct Ground {
    page: &'static str,
    panel: &'static str,
    line: &'static str,
    card: &'static str,
    ink: &'static str,
    faint: &'static str,
    way: &'static str,
    chip: &'static str,
    lost: &'static str,
    start: (&'static str, &'static str),
    fallback: (&'static str, &'static str),
    hatch: &'static str,
}

const LIGHT: Ground = Ground {
    page: "#f1f5f9",
    panel: "#ffffff",
    line: "#e2e8f0",
    card: "#ffffff",
    ink: "#0f172a",
    faint: "#64748b",
    way: "#94a3b8",
    chip: "#e8eef6",
    lost: "#b91c1c",
    start: ("#dcfce7", "#166534"),
    fallback: ("#fef3c7", "#92400e"),
    hatch: "#94a3b8",
};

const DARK: Ground = Ground {
    page: "#0b1120",
    panel: "#111827",
    line: "#263247",
    card: "#1a2436",
    ink: "#e8edf5",
    faint: "#93a1b8",
    way: "#66758f",
    chip: "#2a3850",
    lost: "#f87171",
    start: ("#14432a", "#86efac"),
    fallback: ("#4a3410", "#fcd34d"),
    hatch: "#64748b",
};

/// `used` are the classes of the nodes that there are.
pub(super) fn write(paper: &mut Paper, used: &[&str]) {
    let looks = || LOOKS.iter().filter(|look| used.contains(&look.class));
    let mut css = format!("{SHAPES}{FONTS}}}\n{}", ground(&LIGHT));
    for look in looks() {
        css += &kind(look.class, look.light);
    }
    css += &format!("@media (prefers-color-scheme:dark){{\n{}", ground(&DARK));
    for look in looks() {
        css += &kind(look.class, look.dark);
    }
    css += "}\n";
    // Nothing of a bot is in it, and nothing that XML would read.
    paper.0 += &format!("<style>{css}</style>\n");
    paper.open("defs");
    paper.open(
        r#"marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse""#,
    );
    paper.empty(r#"path class="head" d="M0 .8L7.4 4 0 7.2z""#);
    paper.close("marker");
    paper
        .open(r#"pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)""#);
    paper.empty(r#"rect class="hatch" width="3" height="9""#);
    paper.close("pattern");
    for look in looks() {
        paper.0 += &format!("<g id=\"{}\" class=\"icon\"><path d=\"{}\"/></g>\n", look.class, look.icon);
    }
    paper.close("defs");
}

fn ground(ground: &Ground) -> String {
    let Ground { page, panel, line, card, ink, faint, way, chip, lost, start, fallback, hatch } = ground;
    format!(
        "text{{fill:{ink}}}
.small,.id{{fill:{faint}}}
.ground{{fill:{page}}}
.panel{{fill:{panel};stroke:{line}}}
.box{{fill:{card}}}
.hatched{{fill:url(#hatch);opacity:.28}}
.hatch{{fill:{hatch}}}
.way{{stroke:{way}}}
.head{{fill:{way}}}
.icon{{fill:none;stroke:#fff;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}}
circle.rank,rect.stub{{fill:{chip}}}
.end,.lost{{fill:{lost}}}
rect.start{{fill:{}}}
rect.start+text{{fill:{}}}
rect.fallback{{fill:{}}}
rect.fallback+text{{fill:{}}}
",
        start.0, start.1, fallback.0, fallback.1
    )
}

fn kind(class: &str, colour: &str) -> String {
    format!(".{class} .box{{stroke:{colour}}}\n.{class} .tile,.{class} .port{{fill:{colour}}}\n")
}
