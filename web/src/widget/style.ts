// One sheet, adopted by the shadow root: it needs neither a style element nor an exception of a page's policy.

const CSS = `
:host { --bg:#ffffff; --soft:#f1f2f6; --line:#c9ccd6; --text:#1b1d24; --dim:#5a5f6d; --error:#b3261e; --warn:#fff4d6; --on-warn:#5c4300;
  all: initial; display:block; font: 15px/1.5 system-ui, -apple-system, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", sans-serif; color:var(--text) }
:host([data-appearance=dark]) { --bg:#17181d; --soft:#2a2c35; --line:#474b58; --text:#f0f1f5; --dim:#b4b8c5; --error:#ffb4ab; --warn:#4a3800; --on-warn:#ffe9ad }
:host([data-position=right]) { right:var(--across); bottom:var(--down) }
:host([data-position=left]) { left:var(--across); bottom:var(--down) }
:host([data-position=top-right]) { right:var(--across); top:var(--down) }
:host([data-position=top-left]) { left:var(--across); top:var(--down) }
:host([hidden]) { display:none }
* { box-sizing:border-box; margin:0 }
[hidden] { display:none !important }
button, input, textarea, select { font:inherit; color:inherit }
button { cursor:pointer; border:0; background:none; padding:0 }
:focus-visible { outline:3px solid var(--primary); outline-offset:2px; box-shadow:0 0 0 2px var(--bg) }
.launcher { position:relative; width:var(--button); height:var(--button); border-radius:50%; background:var(--primary); color:var(--on-primary);
  display:grid; place-items:center; box-shadow:0 4px 16px #0004 }
.launcher svg, .launcher img { width:var(--icon); height:var(--icon); object-fit:contain }
.badge { position:absolute; top:-4px; right:-4px; min-width:22px; height:22px; border-radius:11px; padding:0 6px; background:#b3261e; color:#fff; font-size:13px; line-height:22px; text-align:center }
.greeting { position:absolute; bottom:calc(var(--button) + 12px); right:0; width:max-content; max-width:240px; padding:10px 14px; border-radius:14px; background:var(--bg); border:1px solid var(--line); box-shadow:0 4px 16px #0003 }
:host([data-position$=left]) .greeting { right:auto; left:0 }
:host([data-position^=top]) .greeting { bottom:auto; top:calc(var(--button) + 12px) }
.panel { position:absolute; right:0; bottom:calc(var(--button) + 12px); width:var(--width, 380px); height:var(--height, 600px); max-width:calc(100vw - 2 * var(--across));
  max-height:calc(100vh - var(--button) - 2 * var(--down) - 12px); display:flex; flex-direction:column; background:var(--bg); border:1px solid var(--line); border-radius:16px; overflow:hidden; box-shadow:0 8px 40px #0005 }
:host([data-position$=left]) .panel { right:auto; left:0 }
:host([data-position^=top]) .panel { bottom:auto; top:calc(var(--button) + 12px) }
:host([data-resize]) .panel { resize:both }
@media (max-width: 480px) { .panel { position:fixed !important; inset:0 !important; width:auto; height:auto; max-width:none; max-height:none; border:0; border-radius:0 } :host([data-open]) .launcher { visibility:hidden } }
:host([data-page]) { position:static !important }
:host([data-page]) .panel { position:fixed; inset:0; margin:0 auto; width:100%; max-width:720px; height:auto; max-height:none; border-radius:0; border-width:0 1px; box-shadow:none }
:host([data-page]) .launcher { display:none }
header { display:flex; align-items:center; gap:10px; padding:12px 14px; background:var(--primary); color:var(--on-primary) }
header img { width:36px; height:36px; border-radius:50% }
header div { flex:1; min-width:0 }
h2 { font-size:16px; font-weight:700 }
header p { font-size:13px }
h2, header p { overflow:hidden; text-overflow:ellipsis; white-space:nowrap }
header button { width:40px; height:40px; border-radius:10px; display:grid; place-items:center }
header :focus-visible { outline-color:var(--on-primary); box-shadow:none }
.banner, .confirm { display:flex; flex-wrap:wrap; gap:4px 12px; align-items:center; padding:8px 14px; background:var(--warn); color:var(--on-warn); font-size:14px }
.banner button, .confirm button { text-decoration:underline; font-weight:600; min-height:28px; padding:0 4px }
.log { flex:1; overflow-y:auto; overscroll-behavior:contain; padding:14px; display:flex; flex-direction:column; gap:10px }
.log:focus-visible { outline-offset:-3px; box-shadow:none }
.earlier { align-self:center; color:var(--dim); text-decoration:underline; min-height:32px; padding:0 8px }
.item { display:flex; flex-direction:column; gap:6px; align-items:flex-start; max-width:86% }
.item.wide { max-width:100%; width:100% }
.item.mine { align-self:flex-end; align-items:flex-end }
.who { font-size:13px; color:var(--dim); font-weight:600 }
.time { font-size:12px; color:var(--dim) }
.bubble { padding:9px 13px; border-radius:16px; border-top-left-radius:4px; background:var(--soft); white-space:pre-wrap; overflow-wrap:anywhere }
.mine .bubble { background:var(--primary); color:var(--on-primary); border-radius:16px; border-top-right-radius:4px }
.bubble a { color:inherit; text-decoration:underline }
.waiting .bubble { opacity:.999; border:1px dashed var(--line) }
.failed { color:var(--error); font-size:13px; display:flex; gap:10px; flex-wrap:wrap }
.failed button { text-decoration:underline; color:inherit; min-height:24px }
.note { align-self:center; font-size:13px; color:var(--dim); text-align:center }
img.media, video.media { display:block; max-width:100%; max-height:320px; border-radius:12px; background:var(--soft) }
img.media { min-width:120px; min-height:90px; object-fit:cover }
audio { max-width:100% }
.buttons { display:flex; flex-direction:column; gap:6px; width:100% }
.buttons > * { display:block; width:100%; min-height:40px; padding:8px 12px; border:1px solid var(--line); border-radius:10px; background:var(--bg); color:var(--text); text-align:center; text-decoration:none; font-weight:600; overflow-wrap:anywhere }
.place { display:block; padding:12px 14px; border:1px solid var(--line); border-radius:12px; color:var(--text); text-decoration:none }
.place strong { display:block }
.place span { text-decoration:underline; font-size:14px }
.track { display:flex; gap:10px; overflow-x:auto; scroll-snap-type:x mandatory; width:100%; padding:2px; scrollbar-width:thin }
.card { flex:0 0 78%; scroll-snap-align:start; border:1px solid var(--line); border-radius:14px; overflow:hidden; background:var(--bg); display:flex; flex-direction:column }
.card.only { flex-basis:100% }
.card img { width:100%; height:140px; object-fit:cover; display:block; background:var(--soft) }
.card .body { padding:12px; display:flex; flex-direction:column; gap:6px; flex:1 }
.card .text { white-space:pre-wrap; overflow-wrap:anywhere; color:var(--dim); font-size:14px; flex:1 }
.carousel { width:100% }
.steps { display:flex; align-items:center; justify-content:center; gap:10px; padding-top:6px; font-size:13px; color:var(--dim) }
.steps button { width:36px; height:36px; border:1px solid var(--line); border-radius:50%; display:grid; place-items:center; color:var(--text) }
.steps button[aria-disabled=true] { opacity:.4; cursor:default }
.typing { padding:0 14px 6px; font-size:13px; color:var(--dim) }
.typing i { display:inline-block; width:6px; height:6px; margin-right:3px; border-radius:50%; background:var(--dim); animation:beat 1.2s infinite }
.typing i:nth-child(2) { animation-delay:.2s } .typing i:nth-child(3) { animation-delay:.4s }
@keyframes beat { 0%,60%,100% { transform:none } 30% { transform:translateY(-4px) } }
.quick { display:flex; flex-wrap:wrap; gap:8px; padding:4px 14px 10px; max-height:30vh; overflow-y:auto }
.quick button { min-height:38px; padding:6px 14px; border:1.5px solid var(--text); border-radius:19px; background:var(--bg); overflow-wrap:anywhere }
form { display:flex; align-items:flex-end; gap:6px; padding:10px; border-top:1px solid var(--line) }
form textarea { flex:1; min-width:0; resize:none; max-height:140px; min-height:42px; padding:9px 12px; border:1px solid var(--dim); border-radius:12px; background:var(--bg) }
form textarea::placeholder { color:var(--dim); opacity:1 }
form button { width:42px; height:42px; flex:none; border-radius:12px; display:grid; place-items:center; color:var(--text) }
form button.send { background:var(--primary); color:var(--on-primary) }
.hint { padding:0 14px 8px; color:var(--error); font-size:13px }
.cover { flex:1; padding:28px; display:flex; flex-direction:column; gap:16px; justify-content:center; white-space:pre-wrap; overflow:auto }
.cover button { padding:12px; border-radius:12px; background:var(--primary); color:var(--on-primary); font-weight:700 }
.cover label { display:flex; justify-content:space-between; align-items:center; gap:12px }
.cover select { padding:8px; border:1px solid var(--dim); border-radius:8px; background:var(--bg) }
.hidden { position:absolute; width:1px; height:1px; overflow:hidden; clip-path:inset(50%); white-space:nowrap }
@media (prefers-reduced-motion: no-preference) { .panel { animation:rise .16s ease-out } .track { scroll-behavior:smooth } }
@keyframes rise { from { opacity:0; transform:translateY(10px) } }
@media (prefers-reduced-motion: reduce) { .typing i { animation:none } }
@media (forced-colors: active) { .launcher, .bubble, form button.send { border:1px solid } }
`;

export function adopt(root: ShadowRoot): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];
}
