//! Ways out that a script might try, and what becomes of each.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use std::time::Duration;

use common::{World, run, run_in, tell, timed, told};
use sandbox::Limits;
use serde_json::json;

fn brief() -> Limits {
    Limits { timeout_ms: 300, ..Limits::default() }
}

/// Rows of script and outcome, or how it begins.
fn all(rows: &[(&str, &str)], told: fn(&str) -> String) {
    let told = |&(script, expected): &(&str, &str)| {
        let told = told(script);
        (!told.starts_with(expected)).then(|| format!("{script}\n    {told}\n    not {expected}"))
    };
    let wrong: Vec<String> = rows.iter().filter_map(told).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the handler's body does, in a line.
fn body(script: &str) -> String {
    told(&format!("module.exports = async (context) => {{ {script} }};"))
}

#[test]
fn nothing_of_the_machine_is_there() {
    let rows = [
        ("return require('fs')", "Error: Cannot find module 'fs'"),
        ("return require('child_process')", "Error: Cannot find module 'child_process'"),
        ("return process.mainModule.require('fs')", "TypeError: cannot read property 'require' of undefined"),
        ("return process.binding('fs')", "TypeError: not a function"),
        (
            "return [typeof std, typeof os, typeof scriptArgs, typeof print, typeof load, typeof native]",
            "[\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"undefined\"]",
        ),
        ("return import('fs')", "ReferenceError: could not load module 'fs'"),
        ("return import('/etc/passwd')", "ReferenceError: could not load module '/etc/passwd'"),
        ("return import('./script.js')", "ReferenceError: could not load module 'script.js'"),
        ("return Object.keys(process.env)", "[]"),
        // eval and Function are the sandbox's own.
        ("return eval('typeof native')", "\"undefined\""),
        ("return Function('return this')() === globalThis", "true"),
        ("return Function('return typeof native + typeof module')()", "\"undefinedundefined\""),
        ("return (async () => {}).constructor('return typeof native')()", "\"undefined\""),
        ("return (function () { return this })() === globalThis", "true"),
        ("return Object.getOwnPropertyNames(globalThis).filter((name) => /native|core|host|rust/i.test(name))", "[]"),
        // Threads and shared memory.
        (
            "return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
            "TypeError: cannot block in this thread",
        ),
        ("return typeof Worker + typeof WebAssembly", "\"undefinedundefined\""),
    ];
    all(&rows, body);
}

/// What the script finds in the frames above it is ours, and is of no use.
#[test]
fn call_sites_lead_nowhere() {
    let script = "
        if (globalThis.again) throw 'again';
        globalThis.again = true;
        Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFunction());
        const calls = new Error().stack.filter((each) => typeof each === 'function');
        const values = [undefined, null, 1e9, -1, NaN, 'a', '#core', {}, [], () => {}, Symbol('s'), 1n];
        for (const call of calls) {
          for (const one of values) {
            for (const other of values) {
              try { call(one, other, other); } catch {}
              try { call.call(one, other, one, other); } catch {}
            }
          }
        }
        return calls.length > 0;";
    let told = body(script);
    assert!(told == "true" || told == "Error: again", "{told}");
}

#[test]
fn nothing_of_one_run_is_in_the_next() {
    let tamper = "
        globalThis.left = 'something';
        Object.prototype.polluted = 1;
        Array.prototype.map = () => 'mine';
        Promise.prototype.then = null;
        JSON.stringify = () => 'mine';
        Date.now = () => 0;
        process.env.KEY = 'secret';
        const _ = require('lodash');
        _.chunk = () => 'mine';
        require('moment').locale('ko');
        require('crypto').createHash = () => 'mine';
        Function.prototype.call = () => 'mine';
        Object.freeze(Object.prototype);
        module.exports = (context, callback) => callback(null, 1);";
    let look = "
        const _ = require('lodash');
        module.exports = async () => [typeof left, ({}).polluted, [1].map((n) => n + 1), JSON.stringify([1]), Date.now() > 0,
          process.env.KEY, _.chunk([1, 2], 1), require('moment').locale(), typeof require('crypto').createHash('md5'),
          Object.isFrozen(Object.prototype)];";
    let fresh = told(look);
    assert_eq!(fresh, "[\"undefined\",null,[2],\"[1]\",true,null,[[1],[2]],\"en\",\"object\",false]");
    assert_eq!(told(tamper), "1");
    assert_eq!(told(look), fresh);
}

/// What a script breaks for itself must not break how its end is told.
#[test]
fn tampering_harms_the_script_alone() {
    let rows = [
        ("Object.prototype.toJSON = () => 'mine'; return { a: 1 }", "\"mine\""),
        ("JSON.stringify = () => { throw 1 }; JSON.parse = null; return { a: 1 }", "{\"a\":1}"),
        ("Array.isArray = () => true; String.prototype.toWellFormed = null; return { a: ['b'] }", "{\"a\":[\"b\"]}"),
        ("Object.defineProperty(Object.prototype, 'stack', { get() { throw 1 } }); throw { message: 'm' }", "Error: m"),
        ("Error.prototype.name = { toString() { throw 1 } }; throw new Error('m')", "Error: m"),
        ("Error.prepareStackTrace = () => { throw 1 }; null.x", "TypeError: cannot read property 'x' of null"),
        ("Object.prototype.then = function (resolve) { resolve('mine') }; return {}", "\"mine\""),
        (
            "globalThis.Map = null; globalThis.Promise = null; globalThis.Date = null; return new URL('https://a.b/').host",
            "\"a.b\"",
        ),
        ("require('util').format = () => { throw new Error('mine') }; console.log({}); return 1", "Error: mine"),
        ("Map.prototype.get = () => ({ exports: 1 }); return require('lodash')", "1"),
    ];
    all(&rows, body);
}

#[test]
fn what_does_not_end_is_ended() {
    for script in [
        "while (true) {}",
        "module.exports = () => { for (;;) try { for (;;) ; } catch {} finally { for (;;) ; } };",
        "module.exports = async () => { for (;;) await null; };",
        "module.exports = () => { const again = () => { Promise.resolve().then(again) }; again(); return new Promise(() => {}) };",
        "module.exports = () => { const again = () => queueMicrotask(again); again(); return new Promise(() => {}) };",
        "module.exports = (context, callback) => { setInterval(() => {}, 1); };",
        "module.exports = (context, callback) => { const again = () => setImmediate(again); again(); };",
        "module.exports = () => new Promise((resolve) => setTimeout(resolve, 1e6));",
        "module.exports = async () => ({ get a() { for (;;) ; } });",
        "module.exports = async () => ({ toJSON() { for (;;) ; } });",
        "module.exports = async () => { throw { get message() { for (;;) ; } }; };",
        "module.exports = async () => ({ then() { for (;;) ; } });",
        "module.exports = async () => new Proxy({}, { ownKeys() { for (;;) ; } });",
        // Native loops.
        "module.exports = async () => /^(a+)+$/.test('a'.repeat(40) + 'b');",
        "module.exports = async () => /(x+x+)+y/.exec('x'.repeat(60));",
        "const a = []; a.length = 4294967295; module.exports = async () => a.indexOf(1);",
        "module.exports = async () => Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1);",
        "module.exports = async () => { for (const x of (function* () { for (;;) yield; })()) ; };",
        "module.exports = async () => new Array(1e6).fill(0).sort(() => { for (;;) ; });",
        "module.exports = async () => 'x'.repeat(1e5).replace(/x/g, () => { for (;;) ; });",
        "module.exports = async () => JSON.parse('[1]', () => { for (;;) ; });",
    ] {
        let (ran, took) = timed(&World::default(), script, &json!({}), brief());
        assert_eq!(ran.result.unwrap_err().to_string(), "TimeoutError: the script took longer than 300 ms", "{script}");
        assert!(took < Duration::from_millis(2000), "{script}: {took:?}");
    }
}

#[test]
fn a_request_that_is_never_answered_is_no_longer_waited_for() {
    let world = World { answers: json!({ "https://a.b/": { "afterMs": 60_000 } }), ..World::default() };
    let script = "module.exports = async () => (await fetch('https://a.b/')).text();";
    let (ran, took) = timed(&world, script, &json!({}), brief());
    let failure = ran.result.unwrap_err().to_string();
    // The request's own time ends with the script's.
    assert!(failure.contains("timed out") || failure.contains("took longer"), "{failure}");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn who_never_calls_back_is_told_at_once() {
    let rows = [
        ("module.exports = (context, callback) => {};", "Error: the script ended, and did not call back"),
        ("module.exports = (context) => new Promise(() => {});", "Error: the script ended, and did not call back"),
        ("module.exports = (context) => { context.seen = 1; };", "null"),
        ("module.exports = async (context, callback) => {};", "null"),
        ("module.exports = (context, callback) => { callback(null, 1); callback(null, 2); callback(3); };", "1"),
        (
            "module.exports = (context, callback) => { callback(new Error('a')); callback(null, 1); throw new Error('b') };",
            "Error: a",
        ),
        ("module.exports = (context, callback) => { callback(null, 1); throw new Error('b') };", "1"),
        ("module.exports = async (context, callback) => { callback(null, 1); return 2; };", "1"),
        ("module.exports = (context, callback) => { callback(null, 1); for (;;) ; };", "1"),
        (
            "module.exports = (context, callback) => { callback(null, { a: 1n }); callback(null, 1); };",
            "TypeError: BigInt are forbidden in JSON.stringify",
        ),
    ];
    all(&rows, |script| {
        let (ran, took) = timed(&World::default(), script, &json!({}), Limits::default());
        assert!(took < Duration::from_secs(2), "{script}: {took:?}");
        tell(ran)
    });
}

#[test]
fn recursion_has_a_bottom() {
    for script in [
        "const f = () => f() + 1; return f()",
        "const f = (...rest) => f(...rest, 1); return f()",
        "class A { get a() { return this.a } } return new A().a",
        "const o = {}; o.toString = () => `${o}`; return `${o}`",
        "let s = ''; for (let n = 0; n < 1e5; n++) s += '['; return eval(s)",
        "return JSON.parse('['.repeat(1e6))",
        "return new RegExp('('.repeat(1e5))",
        "return require('lodash').cloneDeepWith({ a: 1 }, function f(v) { return require('lodash').cloneDeepWith(v, f) })",
        "let a = []; for (let n = 0; n < 1e5; n++) a = [a]; return a",
        "let a = []; for (let n = 0; n < 1e5; n++) a = [a]; return a.toString()",
        "let p = {}; for (let n = 0; n < 1e5; n++) p = new Proxy(p, {}); return p.x",
        "let f = () => 1; for (let n = 0; n < 1e5; n++) f = f.bind(null); return f()",
    ] {
        let told = body(script);
        let known = ["RangeError", "SyntaxError", "InternalError"].iter().any(|name| told.starts_with(name));
        assert!(known || told.contains("TimeoutError") || told == "null", "{script}: {told}");
    }
    // A script can catch it, and go on.
    assert_eq!(body("const f = () => f() + 1; try { f() } catch (error) { return error.name }"), "\"RangeError\"");
}

#[test]
fn memory_has_an_end() {
    let limits = Limits { timeout_ms: 3000, ..Limits::default() };
    for script in [
        "let s = 'x'; for (;;) s += s",
        "return 'x'.repeat(2 ** 29).length",
        "const a = []; for (;;) a.push(a.slice())",
        "const a = []; for (;;) a.push(new Array(1000).fill({}))",
        "return new Array(2 ** 31).fill(0).length",
        "return new ArrayBuffer(2 ** 30).byteLength",
        "const a = []; for (;;) a.push(new Uint8Array(1e6))",
        "const a = []; for (;;) a.push(Buffer.alloc(1e6, 'x'))",
        "const a = []; for (;;) a.push(new SharedArrayBuffer(1e6))",
        "const a = [], e = new TextEncoder(), s = 'x'.repeat(1e6); for (;;) a.push(e.encode(s))",
        "const a = [], s = 'x'.repeat(1e6); for (;;) a.push(Buffer.from(s))",
        "const a = [], s = 'x'.repeat(1e6); for (;;) a.push(btoa(s))",
        "const a = [], c = require('crypto'); for (;;) a.push(c.randomBytes(65536))",
        "const m = new Map(); for (let n = 0; ; n++) m.set(n, String(n))",
        "let o = {}; for (let n = 0; ; n++) o['key' + n] = n",
        "let n = 1n; for (;;) n = n * 3n ** 1000n",
        "return 'x'.padEnd(2 ** 29).length",
        "return 'x,'.repeat(1e7).split(',').length",
        "return JSON.parse('[' + '1,'.repeat(2e7) + '1]').length",
        "const a = []; for (;;) a.push(() => a)",
        "const f = () => setTimeout(f, 1e6); for (;;) f()",
        "const p = []; for (;;) p.push(new Promise(() => {}))",
        "return require('crypto').createHash('md5').update('x'.repeat(4e7)).digest('hex') + 'x'.repeat(2 ** 29)",
        "for (;;) Symbol.for(String(Math.random()).repeat(100))",
        "const g = []; for (;;) g.push((function* () { yield 1 })())",
        "const r = []; for (let n = 0; ; n++) r.push(new RegExp('a'.repeat(1000) + n))",
    ] {
        let script = format!("module.exports = async () => {{ {script} }};");
        let failure = run_in(&World::default(), &script, &json!({}), limits).result.unwrap_err();
        let fine = [
            "InternalError: out of memory",
            "InternalError: string too long",
            "Error: null: ",
            "RangeError",
            "TimeoutError",
        ];
        assert!(fine.iter().any(|fine| failure.to_string().starts_with(fine)), "{script}: {failure}");
    }
}

#[test]
fn results_are_json_and_have_an_end() {
    let long = "RangeError: the result is longer than 50000 bytes";
    let rows = [
        ("return 'x'.repeat(60000)", long),
        // Each character is three bytes.
        ("return '가'.repeat(17000)", long),
        ("return new Array(60000).fill(0)", long),
        ("return Object.fromEntries(Array.from({ length: 20000 }, (_, n) => [n, 1]))", long),
        // Small in memory, endless as JSON.
        ("let a = ['x']; for (let n = 0; n < 40; n++) a = [a, a]; return a", long),
        ("return { toJSON: () => 'x'.repeat(60000) }", long),
        (
            "let n = 0; const next = () => ({ get a() { return next() } }); return next()",
            "RangeError: Maximum call stack size exceeded",
        ),
        ("const a = {}; a.a = a; return a", "TypeError: circular reference"),
        ("return 1n", "TypeError: BigInt are forbidden in JSON.stringify"),
        ("return { get a() { throw new RangeError('get') } }", "RangeError: get"),
        ("return { toJSON() { throw 7 } }", "Error: 7"),
        ("return () => 1", "null"),
        ("return Symbol('s')", "null"),
        ("return undefined", "null"),
        ("return NaN", "null"),
        ("return [undefined, () => 1, NaN, Infinity, -0]", "[null,null,null,null,0]"),
        ("return { a: undefined, f() {}, [Symbol('s')]: 1, b: 2 }", "{\"b\":2}"),
        (
            "return new Proxy({ a: 1 }, { get: (target, key) => key === 'then' ? undefined : key === 'toJSON' ? undefined : 5 })",
            "{\"a\":5}",
        ),
        ("return { __proto__: { hidden: 1 }, own: 2, ['__proto__']: 3 }", "{\"own\":2,\"__proto__\":3}"),
        ("return 'a\\ud800'", "\"a\u{fffd}\""),
        ("return 'a\\u0000b'", "\"a\\u0000b\""),
        ("let a = 1; for (let n = 0; n < 200; n++) a = [a]; return a", "RangeError: the result has too many levels"),
        ("return new Map([[1, 2]])", "{}"),
    ];
    all(&rows, body);
    // Not a byte less than the limit.
    let most = |length| told(&format!("module.exports = async () => ['x'.repeat({length})];"));
    assert_eq!(most(50_000 - 4).len(), 50_000);
    assert_eq!(most(50_000 - 3), long);
    let numbers = told("module.exports = async () => new Array(24999).fill(1);");
    assert_eq!(numbers.len(), 49_999, "counting must not overestimate");
}

#[test]
fn whatever_is_thrown_is_an_error() {
    let rows = [
        ("throw 'text'", "Error: text"),
        ("throw 7", "Error: 7"),
        ("throw null", "Error: null: thrown by the script, or there was no memory"),
        ("throw undefined", "Error: undefined"),
        ("throw Symbol('s')", "Error: the script threw a symbol"),
        ("throw { code: 5 }", "Error: {\"code\":5}"),
        ("throw { name: 'Own', message: 'words', stack: 9 }", "Own: words"),
        ("throw { message: '' }", "Error: "),
        ("const a = {}; a.a = a; throw a", "Error: the script threw what cannot be printed"),
        ("throw new Proxy({}, { get() { throw 1 } })", "Error: the script threw what cannot be printed"),
        ("throw Object.create(null)", "Error: {}"),
        ("throw () => 1", "Error: the script threw what cannot be printed"),
        ("class Own extends Error { constructor() { super('m'); this.name = 'Own' } } throw new Own()", "Own: m"),
        ("throw new AggregateError([1], 'many')", "AggregateError: many"),
    ];
    all(&rows, body);
    let long = run("module.exports = () => { throw new Error('가'.repeat(5000)) };").result.unwrap_err();
    assert!(long.message.len() < 2010 && long.stack.len() < 4010 && long.message.ends_with('…'));
}

#[test]
fn a_script_that_is_none_is_an_error() {
    let rows = [
        ("", "TypeError: the script exports no handler"),
        ("}", "SyntaxError"),
        ("});(function(){", "TypeError: the script exports no handler"),
        ("module.exports = 7", "TypeError: the script exports no handler"),
        ("module.exports = null", "TypeError: the script exports no handler"),
        ("module.exports = { handler: 1, default: 2 }", "TypeError: the script exports no handler"),
        ("export default () => 1", "SyntaxError"),
        ("import fs from 'fs'", "SyntaxError"),
        ("\0", "SyntaxError: the script holds a zero byte"),
        ("#!/usr/bin/env node\nmodule.exports = async () => 1", "SyntaxError"),
        ("\u{feff}module.exports = async () => 1", "1"),
        ("return module.exports = async () => 1", "1"),
        ("'use strict'; undeclared = 1", "ReferenceError"),
        ("undeclared = 1; module.exports = async () => undeclared", "1"),
        ("// only a comment", "TypeError: the script exports no handler"),
    ];
    all(&rows, told);
}

#[test]
fn requests_are_counted() {
    let world = World { answers: json!({ "https://a.b/": { "text": "x" } }), ..World::default() };
    let script = "module.exports = async () => {
        let fine = 0;
        for (let n = 0; n < 40; n++) {
          try { await fetch('https://a.b/'); fine++; } catch (error) { return [fine, String(error)]; }
        }
    };";
    let ran = run_in(&world, script, &json!({}), Limits::default());
    assert_eq!(ran.result.unwrap(), json!([30, "RangeError: more than 30 requests"]));
    assert_eq!(world.asked.lock().unwrap().len(), 30);

    let long = "x".repeat((1 << 20) + 1);
    let world = World { answers: json!({ "https://a.b/": { "text": long } }), ..World::default() };
    let script = "module.exports = async () => (await fetch('https://a.b/')).text();";
    let failure = run_in(&world, script, &json!({}), Limits::default()).result.unwrap_err();
    assert_eq!(failure.to_string(), "TypeError: the answer is longer than 1048576 bytes");
    let script = "module.exports = async () => fetch('https://a.b/', { method: 'POST', body: 'x'.repeat(300000) });";
    let failure = run_in(&world, script, &json!({}), Limits::default()).result.unwrap_err();
    assert_eq!(failure.to_string(), "RangeError: the request is longer than 262144 bytes");
}

#[test]
fn the_console_is_cut() {
    let ran = run("module.exports = async () => { for (let n = 0; n < 1000; n++) console.log(n); };");
    assert_eq!(ran.console.len(), 100);
    assert_eq!(ran.console.last().unwrap(), "99… (the rest is left out)");
    let ran = run(
        "module.exports = async () => { console.log('x'.repeat(8000)); console.log('가'.repeat(300)); console.log('z'); };",
    );
    assert_eq!(ran.console.len(), 2);
    assert!(ran.console.iter().map(String::len).sum::<usize>() < 8300);
    // What was said before the end is told.
    let ran = run_in(&World::default(), "console.log('here'); for (;;) ;", &json!({}), brief());
    assert_eq!(ran.console, ["here"]);
}

/// A script may run out of memory at any allocation of ours or of the engine's.
#[test]
fn every_size_of_memory_is_survived() {
    let script = "
        const _ = require('lodash');
        module.exports = async (context) => {
          const url = new URL('https://a.b/?x=1');
          const list = _.range(200).map((n) => ({ n, text: 'x'.repeat(n), when: new Date(n) }));
          console.log(list.length, url, new Map([[1, list[0]]]));
          await new Promise((resolve) => setTimeout(resolve, 1));
          const hash = require('crypto').createHash('sha256').update(JSON.stringify(list)).digest('hex');
          const answer = await fetch('https://a.b/').catch((error) => error.message);
          return { hash, answer, list: list.slice(0, 50) };
        };";
    let mut fine = 0;
    for step in 0..400 {
        let limits = Limits { memory_bytes: 40_000 + step * 6_000, ..Limits::default() };
        let ran = run_in(&World::default(), script, &json!({ "a": "b" }), limits);
        fine += usize::from(ran.result.is_ok());
        if let Err(failure) = ran.result {
            assert!(!failure.name.is_empty() && failure.name != "TimeoutError", "{step}: {failure}");
        }
    }
    assert!(fine > 100, "{fine}");
}
